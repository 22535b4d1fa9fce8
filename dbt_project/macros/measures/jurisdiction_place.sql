{# The place of a row of all records of a source: the city, county or state that they cover. #}
{% macro jurisdiction_place() -%}
    {{ jurisdiction_type('jurisdiction') }} as geography_type,
        'current' as geography_vintage,
        jurisdiction as geoid
{%- endmacro %}
