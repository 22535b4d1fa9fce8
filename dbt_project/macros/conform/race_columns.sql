{# What a fact about persons says of race, in the order of all such facts. #}
{% macro race_columns() -%}
    race_ethnicity_reported,
        race_ethnicity_set,
        race_ethnicity_code,
        race_ethnicity_code_1997,
        race_standard,
        collection_mode
{%- endmacro %}
