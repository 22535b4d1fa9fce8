-- one row per sale of a parcel
{{ config(meta={'row_by_row': true}) }}
with
typed as (
    select * from {{ source('landing', 'assessor__property_sales') }}
),

contract as (
    {{ contract_row('assessor__property_sales') }}
),

renamed as (
    select
        'assessor__property_sales' as source,
        contract.jurisdiction,
        typed._record_hash,
        typed._load_id,
        typed._source_file,
        typed._source_row,
        typed.sold_on as occurred_on,
        typed.sold_on,
        -- a file in which every sale is on the first of a month has months only (ASR-03)
        case when bool_and(day(typed.sold_on) = 1) over (partition by typed._load_id, typed._source_file) then 'month' else 'day' end
            as sold_on_precision,
        -- ten digits, of which a spreadsheet drops the zeros in front (ASR-02)
        case
            when regexp_full_match(typed.parcel_number, '\d{1,9}') then lpad(typed.parcel_number, 10, '0')
            else typed.parcel_number
        end as parcel_number,
        typed.price as price_usd,
        typed.property_type as property_type_reported,
        typed.address,
        typed.address_missing_reason,
        {{ code_from_number('typed.aldermanic_district') }} as aldermanic_district_reported,
        typed.assessor_area as assessor_area_reported,
        typed.condominium as condominium_reported,
        typed.style as style_reported,
        typed.exterior_wall as exterior_wall_reported,
        typed.stories as stories_count,
        typed.built_year,
        typed.rooms as rooms_count,
        typed.finished_square_feet,
        typed.units as units_count,
        typed.bedrooms as bedrooms_count,
        typed.full_baths as full_baths_count,
        typed.half_baths as half_baths_count,
        typed.lot_square_feet
    from typed
    left join contract on true
)

select * from renamed
