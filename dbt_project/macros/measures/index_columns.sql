{# The columns that name the values of which an index is made. #}
{% macro index_columns() -%}
    measure_id,
        measure_version,
        period_type,
        period_start,
        geography_type,
        geography_vintage,
        geoid,
        race_standard,
        method
{%- endmacro %}
