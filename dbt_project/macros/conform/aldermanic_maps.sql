{#
    One row per map of aldermanic districts, with the days on which it holds, open ends written out: the first map serves every earlier
    event too, and an event without a date takes the newest.
#}
{% macro aldermanic_maps() -%}
    select
        geography_vintage,
        coalesce(valid_from, {{ first_day() }}) as valid_from,
        coalesce(valid_to, {{ last_day() }}) as valid_to
    from {{ ref('geography_vintages') }}
    where geography_type = 'aldermanic_district'
{%- endmacro %}


{% macro first_day() -%}
    date '0001-01-01'
{%- endmacro %}


{% macro last_day() -%}
    date '9999-12-31'
{%- endmacro %}
