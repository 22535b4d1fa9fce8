-- one row per source of dated records and month, quarter or year that is due: covered days, and whether they are enough
with
due as (
    select * from {{ ref('int_periods__due') }}
),

days as (
    select
        each_day.source,
        each_day.covered_on as occurred_on,
        each_day.covered_share,
        counted.events_count,
        counted.source_files
    from {{ ref('int_source_days__covered') }} as each_day
    left join {{ ref('int_source_days__counted') }} as counted
        on each_day.source = counted.source and each_day.covered_on = counted.occurred_on
),

covered as (
    {{ by_period('days') }}
),

summed as (
    select
        source,
        period_type,
        period_start,
        sum(covered_share) as covered_days,
        min(occurred_on) filter (where covered_share > 0) as first_on,
        max(occurred_on) filter (where covered_share > 0) as last_on,
        sum(events_count) as records,
        len(list_distinct(flatten(list(source_files)))) as files
    from covered
    group by all
),

-- The first or last days of a period may be empty by the feed's rhythm. Nothing is known of a day to come.
ended as (
    select
        due.*,
        ranges.due as rhythm,
        ranges.is_due_declared,
        ranges.has_dates,
        summed.records,
        summed.files,
        summed.first_on = ranges.covered_from
        and ranges.covered_from > due.period_start
        and ranges.covered_from <= due.period_start + ranges.slack_days as begins_late,
        summed.last_on = ranges.covered_until
        and ranges.covered_until < due.period_end
        and ranges.covered_until >= due.period_end - ranges.end_slack_days
        and due.period_end < cast(clock.as_of as date) as ends_early,
        coalesce(summed.covered_days, 0)
        + case when begins_late then ranges.covered_from - due.period_start else 0 end
        + case when ends_early then due.period_end - ranges.covered_until else 0 end as all_covered_days,
        due.period_end < cast(clock.as_of as date) or ranges.covered_until >= due.period_end as is_over,
        -- of persons the first or last day is that of a record
        coalesce(sources.is_protected, true) as is_protected,
        case when begins_late then due.period_start else coalesce(summed.first_on, ranges.covered_from) end as from_day,
        case when ends_early then due.period_end else coalesce(summed.last_on, ranges.covered_until) end as until_day
    from due
    inner join {{ ref('int_sources__date_ranges') }} as ranges on due.source = ranges.source
    cross join {{ ref('stg_receipts__clock') }} as clock
    left join summed on due.source = summed.source and due.period_type = summed.period_type and due.period_start = summed.period_start
    left join {{ ref('dim_source') }} as sources on due.source = sources.source
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
        is_over and coverage_pct >= {{ min_period_coverage_rule('shares.period_type') }} as is_complete,
        is_over,
        rhythm as due,
        is_due_declared,
        case when has_dates then cast(coalesce(records, 0) as bigint) end as records,
        case when has_dates then coalesce(files, 0) end as files
    from shares
)

select * from final
