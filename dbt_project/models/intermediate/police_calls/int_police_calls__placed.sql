-- one row per call, with the police district that the delivery names where it is one of the city's
with
calls as (
    select * from {{ ref('stg_mpd__dispatched_calls') }}
),

districts as (
    select places.geoid
    from {{ ref('geographies') }} as places
    inner join {{ ref('stg_receipts__settings') }} as city on places.city_geoid = city.city_geoid
    where places.geography_type = 'police_district' and places.geoid <> 'outside'
),

placed as (
    select
        calls.*,
        districts.geoid as police_district_geoid,
        case when districts.geoid is null then 'none' else 'delivered_code' end as geocode_quality
    from calls
    left join districts on calls.police_district_reported = districts.geoid
)

select * from placed
