{# A label as it is compared: case and runs of white space do not matter, and an absent label equals an empty one. #}
{% macro normalised(column) -%}
    trim(regexp_replace(lower(coalesce({{ column }}, '')), '[\s\p{Z}]+', ' ', 'g'))
{%- endmacro %}
