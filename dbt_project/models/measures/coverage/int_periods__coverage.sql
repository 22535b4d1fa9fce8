-- one row per source and month, quarter or year that its deliveries reach: covered days, and whether they are enough
with
days as (
    select
        source,
        covered_on as occurred_on,
        covered_share
    from {{ ref('int_source_days__covered') }}
),

dated as (
    {{ by_period('days') }}
),

summed as (
    select
        source,
        period_type,
        period_start,
        period_end,
        sum(covered_share) as covered_days,
        min(occurred_on) filter (where covered_share > 0) as first_on,
        max(occurred_on) filter (where covered_share > 0) as last_on
    from dated
    group by all
),

-- The first or last days of a period may be empty by the feed's rhythm. Nothing is known of a day to come.
ended as (
    select
        summed.*,
        ranges.covered_from > summed.period_start
        and ranges.covered_from <= summed.period_start + ranges.slack_days as begins_late,
        ranges.covered_until < summed.period_end
        and ranges.covered_until >= summed.period_end - ranges.slack_days
        and summed.period_end < cast(clock.as_of as date) as ends_early,
        summed.covered_days
        + case when begins_late then ranges.covered_from - summed.period_start else 0 end
        + case when ends_early then summed.period_end - ranges.covered_until else 0 end as all_covered_days,
        summed.period_end < cast(clock.as_of as date) or ranges.covered_until >= summed.period_end as is_over,
        -- of persons the first or last day is that of a record
        coalesce(sources.is_protected, true) as is_protected,
        case when begins_late then summed.period_start else coalesce(summed.first_on, ranges.covered_from) end as from_day,
        case when ends_early then summed.period_end else coalesce(summed.last_on, ranges.covered_until) end as until_day
    from summed
    inner join {{ ref('int_sources__date_ranges') }} as ranges on summed.source = ranges.source
    left join {{ ref('dim_source') }} as sources on summed.source = sources.source
    cross join {{ ref('stg_receipts__clock') }} as clock
),

shares as (
    select
        *,
        period_end - period_start + 1 as due_days,
        100 * all_covered_days / due_days as coverage_pct
    from ended
),

final as (
    select
        source,
        period_type,
        period_start,
        period_end,
        all_covered_days as covered_days,
        due_days,
        case when not is_protected then coverage_pct end as period_coverage_pct,
        case
            when is_protected then greatest(period_start, cast(date_trunc('month', from_day) as date))
            else greatest(period_start, from_day)
        end as covered_from,
        case when is_protected then least(period_end, last_day(until_day)) else least(period_end, until_day) end as covered_until,
        is_over and coverage_pct >= {{ min_period_coverage_rule('shares.period_type') }} as is_complete
    from shares
)

select * from final
