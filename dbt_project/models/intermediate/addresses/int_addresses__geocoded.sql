-- one row per delivered address that the index contains and span of days with the same maps, with the places that facts have
{{ config(meta={'row_by_row': true, 'looked_up': true}) }}
with
matched as (
    select * from {{ ref('int_addresses__matched') }}
),

located as (
    select
        address_standard,
        longitude,
        latitude
    from {{ ref('int_addresses__indexed') }}
    where is_preferred
),

points as (
    select * from {{ ref('int_points__geocoded') }}
),

with_places as (
    select
        matched.address,
        matched.address_standard,
        matched.match_stage,
        case matched.match_stage when 'exact' then 'address' else 'address_relaxed' end as geocode_quality,
        points.*
    from matched
    inner join located on matched.address_standard = located.address_standard
    inner join points on located.longitude = points.longitude and located.latitude = points.latitude
)

select * from with_places
