-- one row per measure of published figures, window, group and stratum of the city or its county: the figure with its interval
with
shown as (
    select * from {{ ref('int_published_estimates__windowed') }}
),

-- A share of two sums of estimates: the lines of the numerator are lines of the denominator too. Parts of a sum that the publisher hides
-- leave it without a value.
sides as (
    select
        *,
        unnest(case part when 'numerator' then ['numerator', 'denominator'] else ['denominator'] end) as side
    from shown
    where part in ('numerator', 'denominator')
),

sums as (
    select
        {{ published_figure_columns() }},
        side,
        count(*) = count(value) as is_complete,
        {{ sum_in_order('value') }} as people,
        {{ margin_of_sum('value', 'moe') }} as moe
    from sides
    group by all
),

paired as (
    select
        {{ published_figure_columns() }},
        bool_and(is_complete) as is_complete,
        max(people) filter (where side = 'numerator') as numerator,
        max(people) filter (where side = 'denominator') as denominator,
        max(moe) filter (where side = 'numerator') as numerator_moe,
        max(moe) filter (where side = 'denominator') as denominator_moe
    from sums
    group by all
),

-- a percentage of so few is a count in another form
counted as (
    select
        *,
        is_complete and denominator >= {{ rule('min_denominator_survey') }} as is_shown
    from paired
),

shares as (
    select
        *,
        case when is_shown then 100 * numerator / denominator end as value,
        case
            when is_shown
                then 100 * {{ rule('z_95') }} * {{ stats('moe_to_se') }}(
                    {{ stats('moe_proportion') }}(numerator, numerator_moe, denominator, denominator_moe)
                )
        end as half_width
    from counted
),

-- the groups of a whole, which is the row of all
compositions as (
    {{ published_compositions('shown') }}
),

united as (
    select
        {{ published_figure_columns() }},
        value,
        case when half_width is not null then greatest(value - half_width, 0) end as ci_low,
        case when half_width is not null then least(value + half_width, 100) end as ci_high,
        case when half_width is not null then 'as_delivered_moe' end as interval_method,
        numerator,
        denominator,
        case when not is_complete then 'suppressed_at_source' when is_shown then 'computed' else 'no_denominator' end as value_status,
        case when not is_complete then 'suppressed_at_source' when not is_shown then 'min_denominator' end as status_reason
    from shares
    union all by name
    select
        {{ published_figure_columns() }},
        value,
        {{ published_limits() }},
        case when bound_kind = 'margin_90' then 'as_delivered_moe' end as interval_method,
        case when is_crude then numerator end as numerator,
        case when is_crude then denominator end as denominator,
        numerator as records_count,
        publisher_quality,
        case
            when value is not null then 'computed'
            when value_missing_reason = 'suppressed_at_source' then 'suppressed_at_source'
            else 'not_collected'
        end as value_status,
        case when value is null then value_missing_reason when is_reporting_change then 'reporting_change' end as status_reason
    from shown
    where part = 'value'
    union all by name
    select
        {{ published_figure_columns() }},
        value as numerator,
        whole_value as denominator,
        numerator_low,
        numerator_high,
        share_low as bound_low,
        share_high as bound_high,
        case when has_bounds then 'both' end as bound_source,
        publisher_quality,
        composition_status as value_status,
        value_missing_reason as status_reason
    from compositions
),

final as (
    select
        *,
        1 as measure_version,
        'aggregate' as method
    from united
)

select * from final
