-- one row per source with times of day and month, quarter or year: the share of its expected events that are outside gaps
with
hours as (
    select * from {{ ref('int_event_hours__gaps') }}
),

-- The week without its gaps: what is expected inside a gap is what the same hour of the week brings elsewhere.
week as (
    select
        source,
        isodow(hour_at) as day_of_week,
        hour(hour_at) as hour_of_day,
        avg(events_count) as weekly_events
    from hours
    where missing_share = 0
    group by all
),

days as (
    select
        hours.source,
        cast(hours.hour_at as date) as occurred_on,
        sum(week.weekly_events) as expected_events,
        sum(week.weekly_events * hours.missing_share) as missing_events
    from hours
    inner join week
        on hours.source = week.source and isodow(hours.hour_at) = week.day_of_week and hour(hours.hour_at) = week.hour_of_day
    group by all
),

periods as (
    {{ by_period('days') }}
),

final as (
    select
        source,
        period_type,
        period_start,
        100 * (1 - sum(missing_events) / sum(expected_events)) as period_coverage_pct
    from periods
    group by all
    having sum(expected_events) > 0
)

select * from final
