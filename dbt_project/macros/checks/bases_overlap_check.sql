{#
    Bases of one population, age universe, type of place and race standard that serve the same day.
#}
{% macro bases_overlap_check(relation) -%}
    select
        one.population,
        one.age_universe,
        one.geography_type,
        one.race_standard,
        one.population_scheme,
        other.population_scheme as other_scheme,
        other.valid_from
    from {{ relation }} as one
    inner join {{ relation }} as other
        on
            {{ same_columns('one', 'other', ['population', 'age_universe', 'geography_type', 'race_standard']) }}
            and one.valid_from <= other.valid_from
            and one.valid_to >= other.valid_from
            and one.population_scheme <> other.population_scheme
{%- endmacro %}
