-- one row per source and hour between its first and its last event: events, and which part of the hour is in a gap
-- Only sources whose events carry a time of day have rows. An empty run of hours is a gap if its probability is below
-- gap_probability (measure_rules) for Poisson arrivals at the expected number: exp(-expected).
with
events as (
    {%- for timed in facts_with_times() %}
    select
        source,
        date_trunc('hour', {{ timed.column }}) as hour_at,
        count(*) as events_count,
        count(*) filter ({{ timed.column }} = date_trunc('day', {{ timed.column }})) as midnight_count,
        min({{ timed.column }}) as first_at,
        max({{ timed.column }}) as last_at
    from {{ counted_events(timed.fact, timed.column) }}
    where {{ timed.column }} is not null
    group by all
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- A date without a time of day arrives as midnight.
timed as (
    select
        source,
        min(hour_at) as first_hour_at,
        max(hour_at) as last_hour_at
    from events
    group by source
    having 100 * sum(midnight_count) <= {{ rule('max_midnight_pct') }} * sum(events_count)
),

-- Hours that the clock skips in spring do not exist.
hours as (
    select distinct
        timed.source,
        timezone(city.time_zone, instants.instant) as hour_at
    from timed
    cross join {{ ref('stg_receipts__settings') }} as city
    cross join lateral unnest(generate_series(
        timezone(city.time_zone, timed.first_hour_at), timezone(city.time_zone, timed.last_hour_at), interval 1 hour
    )) as instants (instant)
),

counted as (
    select
        hours.source,
        hours.hour_at,
        coalesce(events.events_count, 0) as events_count,
        events.first_at,
        events.last_at,
        sum(coalesce(events.events_count, 0)) over (partition by hours.source, cast(hours.hour_at as date)) > 0 as is_active_day
    from hours
    left join events on hours.source = events.source and hours.hour_at = events.hour_at
),

week as (
    select
        source,
        isodow(hour_at) as day_of_week,
        hour(hour_at) as hour_of_day,
        avg(events_count) as weekly_events
    from counted
    where is_active_day
    group by all
),

-- A source that grows or shrinks is compared with its own fortnight before and after, in days that have events.
leveled as (
    select
        counted.*,
        week.weekly_events * coalesce(
            sum(counted.events_count) filter (counted.is_active_day) over near
            / nullif(sum(week.weekly_events) filter (counted.is_active_day) over near, 0),
            1
        ) as expected_events,
        count(*) filter (counted.events_count > 0) over (partition by counted.source order by counted.hour_at) as run_number
    from counted
    inner join week
        on
            counted.source = week.source
            and isodow(counted.hour_at) = week.day_of_week
            and hour(counted.hour_at) = week.hour_of_day
    window near as (
        partition by counted.source
        order by counted.hour_at
        range between interval 14 days preceding and interval 14 days following
    )
),

runs as (
    select
        *,
        events_count = 0
        and sum(expected_events) filter (events_count = 0) over (partition by source, run_number) > -ln({{ rule('gap_probability') }})
            as is_gap
    from leveled
),

-- The hour in which a gap begins, and the one in which it ends, are missing in part.
final as (
    select
        source,
        hour_at,
        events_count,
        is_gap,
        case
            when is_gap then 1.0
            else least(
                case when lead(is_gap) over by_hour then (3600 - epoch(last_at - hour_at)) / 3600.0 else 0 end
                + case when lag(is_gap) over by_hour then epoch(first_at - hour_at) / 3600.0 else 0 end,
                1.0
            )
        end as missing_share
    from runs
    window by_hour as (partition by source order by hour_at)
)

select * from final
