{#
    The rows of a relation of measures with two further figures of places, each a function of what the relation shows:
    - tracts and neighborhoods: value_smoothed, drawn toward the mean of all of them the more, the less is known of each. Rates and shares
      of counts by empirical Bayes, figures with limits by Fay and Herriot; a figure that its publisher has modelled stays as it is.
    - districts: funnel limits, within which the figure of a place of this size is in 95 or 99.8 of 100 cases if it differs from that of
      its city by chance alone. None for events that repeat, which vary by more than chance (comparison_limits), nor for full counts.
#}
{% macro with_area_figures(relation) -%}
    select
        figures.*,
        {%- for column in area_figure_columns() %}
        placed.{{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }} as figures
    left join (
        {{ smoothed_figures(relation) }}
        union all by name
        {{ funnel_limits(relation) }}
    ) as placed
        on {{ same_slice('figures', 'placed') }} and figures.race_ethnicity_code = placed.race_ethnicity_code
{%- endmacro %}


{% macro area_figure_columns() -%}
    {{ return(['value_smoothed', 'smoothing_method', 'funnel_low_95', 'funnel_high_95', 'funnel_low_998', 'funnel_high_998']) }}
{%- endmacro %}


{# Figures of one kind of place that have a value of their own and are no full counts. Places outside the city are none of its areas. #}
{% macro figures_of_places(relation, types) -%}
    select
        figures.*,
        measures.kind,
        measures.interval_basis,
        {{ unit_factor('figures.unit') }} as factor
    from {{ relation }} as figures
    inner join {{ ref('dim_measure') }} as measures
        on figures.measure_id = measures.measure_id and figures.measure_version = measures.measure_version
    where
        figures.geography_type in ({{ equivalent_type_names(types) }})
        and figures.geoid <> 'outside'
        and figures.value is not null
        and figures.method <> 'place_weighted'
        and coalesce(measures.interval_basis, '') <> 'none'
{%- endmacro %}


{% macro smoothed_figures(relation) -%}
    {%- set areas = slice_columns() | reject('equalto', 'geoid') | list + ['race_ethnicity_code', 'smoothing_method', 'factor'] -%}
    select
        * exclude (factor, figure),
        figure.geoid as geoid,
        if(starts_with(smoothing_method, 'empirical_bayes'), factor, 1.0) * figure.value as value_smoothed
    from (
        select
            {{ areas | join(',\n            ') }},
            unnest(list_zip(geoids, case smoothing_method
                when 'empirical_bayes_rate' then {{ stats('empirical_bayes_rates') }}(numerators, denominators)
                when 'empirical_bayes_share' then {{ stats('empirical_bayes_proportions') }}(numerators, denominators)
                when 'fay_herriot' then {{ stats('fay_herriot') }}(estimates, variances)
                else estimates
            end)) as zipped,
            { 'geoid': zipped[1], 'value': zipped[2] } as figure
        from (
            select
                {{ areas | join(',\n                ') }},
                list(geoid order by geoid) as geoids,
                list(numerator order by geoid) as numerators,
                list(denominator order by geoid) as denominators,
                list(value order by geoid) as estimates,
                list(pow((ci_high - ci_low) / 2 / {{ rule('z_95') }}, 2) order by geoid) as variances
            from (
                select
                    *,
                    case
                        when interval_basis = 'model' then 'publisher_model'
                        when kind = 'rate' and numerator >= 0 and denominator > 0 then 'empirical_bayes_rate'
                        when kind = 'proportion' and numerator >= 0 and denominator > 0 then 'empirical_bayes_share'
                        when kind in ('estimate', 'median') and ci_high > ci_low then 'fay_herriot'
                    end as smoothing_method
                from ({{ figures_of_places(relation, ['tract', 'neighborhood']) }})
            )
            where smoothing_method is not null
            group by all
            having count(*) >= {{ rule('least_smoothed_areas') }}
        )
    )
{%- endmacro %}


{% macro funnel_limits(relation) -%}
    {%- set of_city = slice_columns() | reject('in', ['geography_type', 'geography_vintage', 'geoid']) | list + ['race_ethnicity_code'] -%}
    select
        {{ slice() }},
        race_ethnicity_code,
        {%- for level in ['95', '998'] %}
        factor * within_{{ level }}.low as funnel_low_{{ level }},
        factor * within_{{ level }}.high as funnel_high_{{ level }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            districts.*,
            {%- for level in ['95', '998'] %}
            case
                when districts.kind = 'rate'
                    then {{ stats('funnel_rate_limits') }}(targets.value / districts.factor, districts.denominator, 0.{{ level }})
                else {{ stats('funnel_proportion_limits') }}(targets.value / districts.factor, districts.denominator, 0.{{ level }})
            end as within_{{ level }}{{ ',' if not loop.last }}
            {%- endfor %}
        from ({{ figures_of_places(relation, ['aldermanic_district', 'police_district']) }}) as districts
        inner join (
            select
                {{ of_city | join(', ') }},
                any_value(value) as value
            from {{ relation }}
            where geography_type = 'city' and geoid <> 'outside' and value is not null
            group by all
            having count(*) = 1
        ) as targets on {{ same_columns('districts', 'targets', of_city) }}
        left join {{ ref('comparison_limits') }} as repeated
            on districts.measure_id = repeated.measure_id and repeated.reason = 'repeated_events'
        where
            districts.kind in ('rate', 'proportion') and districts.numerator is not null and districts.denominator > 0
            and repeated.measure_id is null
    )
{%- endmacro %}
