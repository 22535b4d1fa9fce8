-- one row per source of dated records or of a declared period: the first and the last day that its deliveries cover
with
dated as (
    select
        source,
        min(occurred_on) as first_on,
        max(occurred_on) as last_on
    from {{ ref('int_source_days__counted') }}
    group by source
),

waits as (
    select
        source,
        date_diff('day', occurred_on, lead(occurred_on) over (partition by source order by occurred_on)) - 1 as empty_days
    from {{ ref('int_source_days__counted') }}
),

-- How long the feed is usually silent: up to so many empty days at an end of a period are no sign of a missing part. One long silence
-- among a few is no usual one: waits of a Poisson process exceed -ln(1 - share) times their mean as rarely.
silent as (
    select
        source,
        list_sort(list(empty_days))[cast(ceil({{ rule('usual_silence_share') }} * count(*)) as bigint)] as usual_days,
        cast(ceil(-ln(1 - {{ rule('usual_silence_share') }}) * avg(empty_days + 1)) as bigint) as poisson_days
    from waits
    where empty_days is not null
    group by source
),

-- A period that the contract declares takes precedence over the days of records. No file covers a day after it was extracted or
-- delivered, or that has not ended, and one as of midnight covers the day before.
ranges as (
    select
        contracts.source,
        contracts.due,
        contracts.is_due_declared,
        coalesce(contracts.period_start, dated.first_on) as covered_from,
        least(
            case
                when contracts.period_end is null or contracts.data_as_of < contracts.period_end
                    then greatest(dated.last_on, cast(contracts.data_as_of - interval 1 microsecond as date))
                else contracts.period_end
            end,
            contracts.delivered_on,
            cast(clock.as_of - interval 1 microsecond as date)
        ) as covered_until,
        cast(
            greatest(coalesce(least(silent.usual_days, silent.poisson_days), 0), {{ rule('period_slack_days') }}) as integer
        ) as slack_days,
        coalesce(contracts.has_declared_end, false) as has_declared_end,
        dated.source is not null as has_dates
    from {{ ref('int_sources__in_series') }} as contracts
    cross join {{ ref('stg_receipts__clock') }} as clock
    left join dated on contracts.source = dated.source
    left join silent on contracts.source = silent.source
    -- The days of the records of a stock are those of what is still there: it is of its date, and of no period. A contract without a
    -- delivery covers none of the period that it declares.
    where
        (dated.source is not null or (contracts.period_start is not null and contracts.load_id is not null))
        and not coalesce(contracts.keeps_snapshots, false)
),

-- The silence of a feed says nothing about days after the date that a delivery states.
final as (
    select
        * exclude (has_declared_end),
        case when has_declared_end then cast({{ rule('period_slack_days') }} as integer) else slack_days end as end_slack_days
    from ranges
)

select * from final
