{#
    Whether gaps close: of a relation of figures, one row per slice, group and scale with the change of its gap from the first to the last
    comparable period. Absolute gaps are signed differences, whose change has an interval by MOVER (Zou and Donner 2008, Stat Med
    27:1693); relative ones are ratios, compared as logarithms. With three or more single periods, the change per year is a fit weighted
    by the variance of each gap (Hartung, Knapp and Sinha 2008, Statistical Meta-Analysis, section 10).
    Periods that overlap are not compared: of windows of several years the first that ends before the last one begins. Nor are periods
    before the last break of the series. What limits the comparison of a measure with its reference (comparison_limits) limits that of
    two gaps, too.
    The changes of the gaps of a kind of place are tested together, differences and ratios apart: pages count the gaps that changed, and of many
    some changes come up by chance (is_significant_fdr, Benjamini and Hochberg). The p value is that of the interval of the change.
    A gap has changed sides where both ends are clear: their intervals exclude no gap. Where chance may be why one of them is on the other
    side, the clear one names the side, if it is also the larger one: a clear gap that grew from an unclear one widened. A gap has the same
    two sides as difference and as ratio: where one of them has no word because of its sides, neither has.
#}
{% macro gap_trends(figures) -%}
{%- set slice = [
    'measure_id', 'measure_version', 'period_type', 'stratum_type', 'stratum_code', 'tabulation', 'race_standard', 'method',
    'geography_type', 'geography_vintage', 'geoid', 'race_ethnicity_code', 'reference_code',
] -%}
with
compared as (
    select
        figures.*,
        measures.unit as unit_of_measure,
        figures.period_type in ('year', 'school_year', 'snapshot') as is_single,
        choices.shows_trend,
        limits.reason as limit_reason
    from ({{ with_series_from(figures) }}) as figures
    inner join {{ ref('dim_measure') }} as measures
        on figures.measure_id = measures.measure_id and figures.measure_version = measures.measure_version and measures.is_current
    inner join {{ ref('scorecard_measures') }} as choices on figures.measure_id = choices.measure_id and (choices.shows_trend or choices.compares_ratios)
    left join {{ ref('trend_exclusions') }} as excluded
        on figures.measure_id = excluded.measure_id and figures.period_start = excluded.period_start
    -- a range that allows for chance only is none for events that repeat per person or cluster by place
    left join {{ ref('comparison_limits') }} as limits
        on
            figures.measure_id = limits.measure_id and limits.race_ethnicity_code in ('any', figures.race_ethnicity_code)
            and not (limits.reason = 'repeated_events' and {{ is_clustered('figures') }})
    where
        figures.period_type not in ('month', 'quarter')
        and figures.reference_code <> figures.race_ethnicity_code
        and figures.period_start >= coalesce(choices.trend_from, date '0001-01-01')
        and excluded.measure_id is null
        and figures.series_from is not null
),

scaled as (
    select
        *,
        'absolute' as scale,
        rate_difference as gap,
        rate_difference_ci_low as gap_low,
        rate_difference_ci_high as gap_high
    from compared
    -- a difference of dollars of two windows is partly inflation
    where shows_trend and not starts_with(unit_of_measure, 'usd')
    union all
    select
        *,
        'relative' as scale,
        case when rate_ratio > 0 then ln(rate_ratio) end as gap,
        case when rate_ratio_ci_low > 0 then ln(rate_ratio_ci_low) end as gap_low,
        case when rate_ratio_ci_high > 0 then ln(rate_ratio_ci_high) end as gap_high
    from compared
),

known as (
    select
        *,
        max(period_start) over series as last_start,
        year(period_start) + (date_diff('day', period_start, period_end) + 1) / 2 / 365.25 as mid_year,
        1 / nullif(pow((gap_high - gap_low) / 2 / {{ rule('z_95') }}, 2), 0) as weight
    from scaled
    where gap is not null
    window series as (partition by {{ slice | join(', ') }}, scale)
    qualify series_from = max(series_from) over series
),

ended as (
    select
        {{ slice | join(',\n        ') }},
        scale,
        any_value(unit_of_measure) as unit_of_measure,
        min(period_start) filter (where period_end < last_start) as first_period,
        max(period_start) as last_period,
        case when bool_and(is_single) then count(*) else 2 end as periods,
        case
            when bool_and(is_single) then list(period_start order by period_start)
            else [min(period_start) filter (where period_end < last_start), max(period_start)]
        end as period_starts,
        max(limit_reason) as limit_reason,
        bool_and(is_single) and count(*) = count(weight) and max(limit_reason) is null as has_weights,
        list({'year': mid_year, 'gap': gap, 'weight': weight} order by period_start) as points
    from known
    group by all
    having first_period is not null
),

changed as (
    select
        ended.*,
        first.gap as first_gap,
        last.gap as last_gap,
        last.gap - first.gap as change,
        case
            when
                ended.limit_reason is null
                and first.gap between first.gap_low and first.gap_high
                and last.gap between last.gap_low and last.gap_high
                then {{ stats('change_ci') }}(last.gap, last.gap_low, last.gap_high, first.gap, first.gap_low, first.gap_high)
        end as change_ci,
        -- a name of this SELECT cannot be taken apart here as a column can
        struct_extract(change_ci, 'low') as change_ci_low,
        struct_extract(change_ci, 'high') as change_ci_high,
        first.gap * last.gap < 0 as is_reversed,
        {%- for name in ['first', 'last'] %}
        {{ name }}.gap_low * {{ name }}.gap_high > 0 as is_{{ name }}_clear,
        {%- endfor %}
        -- the sign of the gap whose size changed
        case
            when not is_reversed then sign(first.gap)
            when is_first_clear and not is_last_clear and abs(first.gap) >= abs(last.gap) then sign(first.gap)
            when is_last_clear and not is_first_clear and abs(last.gap) >= abs(first.gap) then sign(last.gap)
        end as side,
        case
            when ended.limit_reason is not null then ended.limit_reason
            when change_ci is null then 'no_range'
            when first.gap = 0 or last.gap = 0 then 'no_gap'
            when is_reversed and is_first_clear and is_last_clear then 'changed_sides'
        end as limit_of_word,
        case
            when ended.has_weights and ended.periods >= {{ rule('least_trend_points') }} and (ended.scale = 'relative' or ended.unit_of_measure = 'percent')
                then {{ stats('weighted_slope') }}(
                    list_transform(ended.points, lambda point: point.year),
                    list_transform(ended.points, lambda point: point.gap),
                    list_transform(ended.points, lambda point: point.weight),
                    {{ rule('confidence') }}
                )
        end as slope
    from ended
    {%- for name in ['first', 'last'] %}
    inner join known as {{ name }}
        on {{ same_columns('ended', name, slice + ['scale']) }} and ended.{{ name }}_period = {{ name }}.period_start
    {%- endfor %}
),

-- the end of the interval that is nearer to no change is z standard errors away
tested as (
    {{ with_significance(
        'changed',
        "abs(change) * " ~ rule('z_95') ~ " / sqrt(2) / nullif(if(change > 0, change - change_ci_low, change_ci_high - change), 0)",
        'is_significant_fdr',
        'geography_type, scale'
    ) }}
),

reasoned as (
    select
        *,
        change_ci_low * change_ci_high > 0 as is_change_clear,
        coalesce(
            limit_of_word,
            case
                when is_change_clear and not coalesce(is_significant_fdr, false) then 'many_comparisons'
                when is_change_clear and side is null then 'unclear_sides'
            end
        ) as word_reason
    from tested
),

sided as (
    select
        * replace (
            case
                when word_reason is not null and not has_sides then word_reason
                when bool_and(coalesce(word_reason, '') = 'changed_sides') filter (where has_sides) over both_scales then 'changed_sides'
                when bool_or(word_reason in ('changed_sides', 'unclear_sides')) filter (where has_sides) over both_scales then 'unclear_sides'
                else word_reason
            end as word_reason
        )
    from (
        select
            *,
            coalesce(word_reason in ('changed_sides', 'unclear_sides', 'many_comparisons'), true) as has_sides
        from reasoned
    ) as reasoned
    window both_scales as (partition by {{ slice | join(', ') }})
),

final as (
    select
        {{ slice[:11] | join(',\n        ') }},
        race_ethnicity_code,
        reference_code,
        scale,
        first_period,
        last_period,
        periods,
        period_starts,
        {%- for name in ['first_gap', 'last_gap', 'change', 'change_ci_low', 'change_ci_high'] %}
        if(scale = 'relative', exp({{ name }}), {{ name }}) as {{ name }},
        {%- endfor %}
        -- of ratios percent per year, of differences of shares points per year
        {%- for name, column in [('value', 'annual_percent_change'), ('low', 'apc_ci_low'), ('high', 'apc_ci_high')] %}
        if(scale = 'relative', 100 * (exp(slope.{{ name }}) - 1), slope.{{ name }}) as {{ column }},
        {%- endfor %}
        -- from the interval of the gap's own change, never from two separate ones
        case
            when word_reason = 'many_comparisons' then 'cannot_tell'
            when word_reason is not null then 'not_compared'
            when greatest(side * change_ci_low, side * change_ci_high) < 0 then 'narrowed'
            when least(side * change_ci_low, side * change_ci_high) > 0 then 'widened'
            else 'cannot_tell'
        end as word,
        word_reason,
        case
            when slope is not null then if(scale = 'relative', 'wls_log_ratio', 'wls_points')
            else 'first_and_last'
        end as trend_method
    from sided
)

select * from final
{%- endmacro %}
