-- one row per place that has an outline, with its outline in degrees
with
delivered as (
    select * from {{ ref('stg_city__boundaries') }}
),

-- a place delivered in several polygons is one place
bounded as (
    select
        geography_type,
        geography_vintage,
        geoid,
        min(source) as source,
        {{ union_geometry('outline') }} as outline
    from delivered
    where geoid is not null and outline is not null
    group by all
)

select * from bounded
