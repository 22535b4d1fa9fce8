{#
    The base of a row's population on a day (int_population__bases), joined as `bases`. `population`, `age_universe`, `geography_type`,
    `race_standard`, `day`: expressions of the row.
#}
{% macro joined_base(population, age_universe, geography_type, race_standard, day, kind='inner') -%}
    {{ kind }} join {{ ref('int_population__bases') }} as bases
        on
            {{ population }} = bases.population
            and {{ age_universe }} = bases.age_universe
            and {{ geography_type }} = bases.geography_type
            and {{ race_standard }} = bases.race_standard
            and {{ day }} between bases.nearest_from and bases.nearest_to
{%- endmacro %}


{# The population by which place-weighted values are weighed, and whose places have zeros, where a measure names none. #}
{% macro usual_population() -%}
    'residents'
{%- endmacro %}
