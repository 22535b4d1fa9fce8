{#
    How far a row can be relied on (docs/rules.md, Reliability, ADR 23): reliable, use_with_caution, or unreliable, which only an
    estimate, a value weighed over few residents, a median of few and a rate of fewer events than value_minimums asks for can be. Suppression has run before and does not depend on it.
#}
{% macro reliability_of_row() -%}
        case
            when not is_computable then null
            when (is_estimate or is_interpolated) and 100 * coefficient_of_variation > {{ rule('max_cv') }} then 'unreliable'
            when group_residents < {{ rule('min_group_residents') }} then 'unreliable'
            -- a median is the value of one or two persons: of few of them it is not shown
            when kind = 'median' and statistical_unit in ('person', 'household') and events < minimum_n then 'unreliable'
            when kind = 'median' and events < {{ rule('min_median_records') }} then 'unreliable'
            when events < (
                select minimums.least_events from {{ ref('value_minimums') }} as minimums where minimums.measure_id = doubts.measure_id
            ) then 'unreliable'
            when has_few_events then 'use_with_caution'
            when publisher_quality = '3' then 'use_with_caution'
            when is_partly_shown and place_coverage_pct < {{ rule('partly_shown_for_reliable') }} then 'use_with_caution'
            when understated_denominator > {{ rule('max_understated') }} / 100 * denominator then 'use_with_caution'
            when is_group and known_race_pct < {{ rule('known_race_for_reliable') }} then 'use_with_caution'
            when is_incomplete and kind in ('count', 'sum') then 'use_with_caution'
            -- what no map places is missing from every place but the city
            when
                geocoded_pct < {{ rule('min_geocoded') }} and (geography_type <> 'city' or method = 'place_weighted')
                and kind in ('rate', 'count', 'amount_rate')
                then 'use_with_caution'
            when population_fit = 'estimated_poor' then 'use_with_caution'
            when is_delivered and value_interval is null then 'use_with_caution'
            else 'reliable'
        end
{%- endmacro %}
