-- one row per snapshot and address of the delivered stock; equal rows stay (DPW-01)
{{ config(meta={'row_by_row': true}) }}
with
typed as (
    select * from {{ source('landing', 'dpw__lead_service_lines') }}
),

contract as (
    {{ contract_row('dpw__lead_service_lines') }}
),

renamed as (
    select
        'dpw__lead_service_lines' as source,
        contract.jurisdiction,
        typed._record_hash,
        typed._load_id,
        typed._source_file,
        typed._source_row,
        {{ snapshot_on() }} as occurred_on,
        -- the city is behind the comma, so that a house of another municipality is not matched among ours
        concat_ws(
            ', ', {{ house_number('typed.house_number', 'typed.house_number_continued') }} || ' ' || trim(typed.street), trim(typed.city)
        ) as address,
        typed.city as municipality_reported,
        -- five digits of five or nine; a ZIP code without five digits is none
        nullif(regexp_extract(typed.zip_code, '^(\d{5})(-\d{0,4})?$', 1), '') as zip_code
    from typed
    left join contract on true
)

select * from renamed
