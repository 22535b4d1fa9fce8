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


{# The columns by which int_population__bases has one scheme per day. #}
{% macro base_columns(relation='') -%}
    {%- set prefix = relation ~ '.' if relation else '' -%}
    {{ return(prefix ~ ['population', 'age_universe', 'geography_type', 'race_standard'] | join(', ' ~ prefix)) }}
{%- endmacro %}


{#
    The population that a row's value is divided by. Places are weighed, and their parts are divided, by those that a census counts in parts of
    places: a total of a city has none.
#}
{% macro population_of(row, measures) -%}
    case when {{ row }}.method = 'place_weighted' and {{ measures }}.population is not null then {{ usual_population() }}
        else {{ measures }}.population end
{%- endmacro %}


{# The population by which place-weighted values are weighed, and whose places have zeros, where a measure names none. #}
{% macro usual_population() -%}
    'residents'
{%- endmacro %}
