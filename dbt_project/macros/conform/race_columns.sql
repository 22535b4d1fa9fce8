{# The columns of race, in the order that all facts about persons have. The seed has one label per code, so that no row is lost. #}
{% macro race_columns() -%}
    race_ethnicity_reported,
        race_ethnicity_set,
        race_ethnicity_code,
        race_ethnicity_code_1997,
        race_standard,
        collection_mode,
        (
            select races.label
            from (select race_ethnicity_code as code, label from {{ ref('race_ethnicity') }}) as races
            where races.code = race_ethnicity_code
        ) as group_name
{%- endmacro %}
