{#
    Counts by race, coded back to the 1997 standard so that a population of that standard can divide them: a record of 2024 codes takes
    its race_ethnicity_code_1997, and its row has `bridged` = true. Records of 1997 codes stay as they are. Add up the counts of equal rows.
#}
{% macro bridge_to_spd15_1997(relation) -%}
    select
        * exclude (race_ethnicity_code_1997) replace (
            case when race_standard = 'spd15_2024' then race_ethnicity_code_1997 else race_ethnicity_code end as race_ethnicity_code,
            'spd15_1997' as race_standard
        ),
        race_standard = 'spd15_2024' as bridged
    from {{ relation }}
{%- endmacro %}
