{# The places whose figures open a measure's page, in this order: the city, else its school district, else its county. #}
{% macro scorecard_places() -%}
    select
        'city' as geography_type,
        city_geoid as geoid,
        1 as scorecard_order
    from {{ ref('stg_receipts__settings') }}
    union all
    select
        places.geography_type,
        places.geoid,
        2 as scorecard_order
    from {{ ref('scorecard_places') }} as places
    inner join {{ ref('stg_receipts__settings') }} as settings on places.city_geoid = settings.city_geoid
    union all
    select
        counties.geography_type,
        counties.geoid,
        3 as scorecard_order
    from {{ ref('geographies') }} as counties
    inner join {{ ref('stg_receipts__settings') }} as settings on counties.city_geoid = settings.city_geoid
    where counties.geography_type = 'county'
{%- endmacro %}
