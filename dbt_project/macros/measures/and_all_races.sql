{# Counts by race, and each again as part of race `all`: what was counted whether or not its race is known. #}
{% macro and_all_races(relation) -%}
    select * replace (unnest([race_ethnicity_code, 'all']) as race_ethnicity_code) from {{ relation }}
{%- endmacro %}
