{# The columns of race, in the order that all facts about persons have. #}
{% macro race_columns() -%}
    race_ethnicity_reported,
        race_ethnicity_set,
        race_ethnicity_code,
        race_ethnicity_code_1997,
        race_standard,
        collection_mode
{%- endmacro %}
