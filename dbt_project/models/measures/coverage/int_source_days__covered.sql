-- one row per source and day of its range: which part of the day, 0 to 1, its deliveries cover
-- A day is not covered inside a gap, or in a month that is too thin to be whole. Both are measured by the feed's own rhythm.
with
ranges as (
    select * from {{ ref('int_sources__date_ranges') }}
),

counted as (
    select * from {{ ref('int_source_days__counted') }}
),

days as (
    select
        ranges.source,
        ranges.has_dates,
        cast(calendar.moment as date) as covered_on,
        date_trunc('month', calendar.moment) as month_start,
        coalesce(counted.events_count, 0) as events_count
    from ranges
    cross join
        lateral unnest(generate_series(
            cast(ranges.covered_from as timestamp), cast(ranges.covered_until as timestamp), interval 1 day
        )) as calendar (moment)
    left join counted on ranges.source = counted.source and cast(calendar.moment as date) = counted.occurred_on
),

thin as (
    {{ thin_months('days') }}
),

-- The part of a day by hours: the week without its gaps gives what the same hour brings elsewhere.
week as (
    select
        source,
        isodow(hour_at) as day_of_week,
        hour(hour_at) as hour_of_day,
        avg(events_count) as weekly_events
    from {{ ref('int_event_hours__gaps') }}
    where missing_share = 0
    group by all
),

timed as (
    select
        hours.source,
        cast(hours.hour_at as date) as covered_on,
        1 - sum(week.weekly_events * hours.missing_share) / nullif(sum(week.weekly_events), 0) as covered_share
    from {{ ref('int_event_hours__gaps') }} as hours
    inner join week
        on hours.source = week.source and isodow(hours.hour_at) = week.day_of_week and hour(hours.hour_at) = week.hour_of_day
    group by all
),

final as (
    select
        days.source,
        days.covered_on,
        case when gaps.source is not null or thin.source is not null then 0.0 else coalesce(timed.covered_share, 1.0) end as covered_share
    from days
    left join {{ ref('int_source_days__gaps') }} as gaps
        on days.source = gaps.source and days.covered_on > gaps.last_before and days.covered_on < gaps.first_after
    left join thin on days.source = thin.source and days.month_start = thin.month_start
    left join timed on days.source = timed.source and days.covered_on = timed.covered_on
)

select * from final
