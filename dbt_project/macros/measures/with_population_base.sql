{#
    The rows of a relation of figures with the people that their rate is divided by: population_scheme and population_on, the day that the
    scheme describes. Of a window it is that of the last year. NULL where the denominator is no population of its own base.
#}
{% macro with_population_base(relation) -%}
    select
        {{ relation }}.*,
        bases.population_scheme,
        schemes.reference_on as population_on
    from {{ relation }}
    left join {{ ref('dim_measure') }} as based
        on
            {{ same_columns(relation, 'based', ['measure_id', 'measure_version']) }}
            and based.kind in ('rate', 'amount_rate') and {{ relation }}.method <> 'place_weighted'
    left join {{ ref('int_equity_measures__bases') }} as bases
        on
            based.population = bases.population and coalesce(based.age_universe, 'total') = bases.age_universe and bases.is_in_force
            and {{ same_columns(relation, 'bases', ['geography_type', 'race_standard', 'period_start', 'period_end']) }}
    left join {{ ref('population_schemes') }} as schemes on bases.population_scheme = schemes.population_scheme
{%- endmacro %}
