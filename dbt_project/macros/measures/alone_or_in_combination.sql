{#
    The three ways of SPD-15 to count people who may select several: `and_all_races` next to this macro is the combined multiracial
    tabulation (exclusive, sums to the total); here each of the seven categories is counted again wherever it was selected, alone or with
    others, so that the rows add up to more than the people.

    Rows exist only where the vocabulary lets a person select several (dim_source.race_selection) and the selection is specified; there is
    no row `all`, for the total is that of the exclusive rows.

    relation: counts by source, race_ethnicity_set, race_ethnicity_code and what else divides them. The result has `tabulation` and no
    race_ethnicity_set; add up the counts of equal rows.
#}
{% macro exclusive_and_alone_or_in_combination(relation) -%}
    select
        * exclude (race_ethnicity_set),
        'exclusive' as tabulation
    from ({{ and_all_races(relation) }}) as exclusive_rows
    union all by name
    select
        {{ relation }}.* exclude (race_ethnicity_set) replace (codes.race_ethnicity_code as race_ethnicity_code),
        'alone_or_in_combination' as tabulation
    from {{ relation }}
    inner join {{ ref('dim_source') }} as sources
        on {{ relation }}.source = sources.source and sources.race_selection = 'multiple'
    inner join {{ ref('dim_race_ethnicity') }} as codes
        on
            list_contains({{ relation }}.race_ethnicity_set, codes.race_ethnicity_code)
            and codes.kind = 'category'
            and codes.is_in_spd15_2024
{%- endmacro %}
