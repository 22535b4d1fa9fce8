-- one row per incident as delivered; equal rows stay (MPD-02), and no row carries a date (MPD-03)
{{ config(meta={'row_by_row': true}) }}
with
typed as (
    select * from {{ source('landing', 'mpd__incidents') }}
),

contract as (
    {{ contract_row('mpd__incidents') }}
),

-- a delivered tract names no county; in a city of several counties it names no tract either
county as (
    select
        city_geoid,
        min(geoid) as county_geoid
    from {{ ref('geographies') }}
    where geography_type = 'county'
    group by city_geoid
    having count(*) = 1
),

renamed as (
    select
        'mpd__incidents' as source,
        contract.jurisdiction,
        typed._record_hash,
        typed._load_id,
        typed._source_file,
        typed._source_row,
        cast(null as date) as occurred_on,
        contract.period_start,
        contract.period_end,
        typed.address,
        typed.address_missing_reason,
        {{ code_from_number('cast(typed.zip_code as varchar)', digits=5) }} as zip_code,
        county.county_geoid || {{ code_from_number('cast(typed.tract_code as varchar)', digits=6) }} as tract_reported,
        {{ code_from_number('cast(typed.aldermanic_district as varchar)') }} as aldermanic_district_reported,
        {{ code_from_number('cast(typed.police_district as varchar)') }} as police_district_reported,
        {{ code_from_number('cast(typed.neighborhood_strategic_area as varchar)') }} as neighborhood_strategic_area_reported,
        {{ code_from_number('cast(typed.ward as varchar)') }} as ward_reported,
        typed.is_arson,
        typed.is_assault,
        typed.is_burglary,
        typed.is_criminal_damage,
        typed.is_homicide,
        typed.is_robbery,
        typed.is_sex_offense,
        typed.is_theft,
        typed.is_vehicle_theft
    from typed
    left join contract on true
    left join county on contract.jurisdiction = county.city_geoid
)

select * from renamed
