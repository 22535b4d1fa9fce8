-- one row per place that has an outline, with its outline in degrees
{%- set boundaries = [
    'stg_city__limits',
    'stg_city__aldermanic_districts_2012',
    'stg_city__aldermanic_districts_2022',
    'stg_city__police_districts',
    'stg_city__neighborhoods',
    'stg_census__tracts_2010',
    'stg_census__tracts_2020',
    'stg_census__zcta_2010',
] %}

with
delivered as (
    {%- for boundary in boundaries %}
    select * from {{ ref(boundary) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
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
