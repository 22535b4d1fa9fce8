-- one row per empty run of days of a source that its rhythm makes too improbable for chance: the days before and after it
with
ranges as (
    select * from {{ ref('int_sources__date_ranges') }}
),

counted as (
    select * from {{ ref('int_source_days__counted') }}
),

-- Days with records among the 90 before and the 90 after, each with the day itself. One is added to the days: no day is ever certain to
-- have a record. The last run ends with the range: a closing of March in a delivery is no sign that it has the openings of March.
rhythm as (
    select
        counted.source,
        counted.occurred_on,
        ranges.slack_days,
        coalesce(lead(counted.occurred_on) over by_day, ranges.covered_until + 1) as next_on,
        count(*) over before / 91 as share_before,
        count(*) over after / 91 as share_after
    from counted
    inner join ranges on counted.source = ranges.source
    window
        by_day as (partition by counted.source order by counted.occurred_on),
        before as (partition by counted.source order by counted.occurred_on range between interval 89 days preceding and current row),
        after as (partition by counted.source order by counted.occurred_on range between current row and interval 89 days following)
),

-- An empty run is a gap when the rhythm on both of its sides makes it improbable: a feed may have become rarer or more frequent. A run
-- with a whole calendar month needs less to be one: feeds lose files, and files are of months. Of the months at its ends it then takes no
-- days that are as few as the feed is usually silent.
runs as (
    select
        source,
        if(has_whole_month and last_day(occurred_on) - occurred_on <= slack_days, last_day(occurred_on), occurred_on) as last_before,
        if(has_whole_month and day(next_on) <= slack_days + 1, cast(date_trunc('month', next_on) as date), next_on) as first_after
    from (
        select
            *,
            pow(
                1 - least(share_before, coalesce(lead(share_after) over (partition by source order by occurred_on), share_before)),
                next_on - occurred_on - 1
            ) as probability,
            date_trunc('month', occurred_on) + interval 2 months <= next_on as has_whole_month
        from rhythm
    ) as empty_runs
    where
        next_on > occurred_on + 1
        and probability < case when has_whole_month then {{ rule('empty_period_probability') }} else {{ rule('gap_probability') }} end
),

-- A feed that is empty in the same weeks of another year has a season: schools in summer.
seasons as (
    select distinct
        runs.source,
        runs.last_before
    from runs
    inner join runs as earlier on runs.source = earlier.source and year(runs.last_before) <> year(earlier.last_before)
    where
        greatest(
            abs(runs.last_before - cast(earlier.last_before + to_years(year(runs.last_before) - year(earlier.last_before)) as date)),
            abs(runs.first_after - cast(earlier.first_after + to_years(year(runs.last_before) - year(earlier.last_before)) as date))
        ) <= {{ rule('season_days') }}
),

final as (
    select runs.*
    from runs
    anti join seasons on runs.source = seasons.source and runs.last_before = seasons.last_before
)

select * from final
