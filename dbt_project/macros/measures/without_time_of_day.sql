{# A timestamp at midnight of its day: the public file contains no time of day, which could be that of one record. #}
{% macro without_time_of_day(column) -%}
    cast(cast({{ column }} as date) as timestamp)
{%- endmacro %}
