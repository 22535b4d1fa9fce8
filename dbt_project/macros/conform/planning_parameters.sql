{# One row: the office's planning parameters of language access, its city's own if there are any, else everybody's. #}
{% macro planning_parameters() -%}
    select parameters.*
    from {{ ref('language_planning_parameters') }} as parameters
    cross join {{ ref('stg_receipts__settings') }} as city
    where coalesce(parameters.city_geoid, '') in ('', city.city_geoid)
    order by coalesce(parameters.city_geoid, '') desc
    limit 1
{%- endmacro %}
