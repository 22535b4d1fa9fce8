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

-- How long the feed is usually silent: up to so many empty days at an end of a period are no sign of a missing part.
silent as (
    select
        source,
        list_sort(list(empty_days))[cast(ceil({{ rule('usual_silence_share') }} * count(*)) as bigint)] as usual_days
    from waits
    where empty_days is not null
    group by source
),

-- A period that the contract declares takes precedence over the days of records. No file covers a day after it was extracted, and one
-- as of midnight covers the day before.
final as (
    select
        contracts.source,
        coalesce(contracts.period_start, dated.first_on) as covered_from,
        case
            when contracts.period_end is null or contracts.data_as_of < contracts.period_end
                then greatest(dated.last_on, cast(contracts.data_as_of - interval 1 microsecond as date))
            else contracts.period_end
        end as covered_until,
        cast(greatest(coalesce(silent.usual_days, 0), {{ rule('period_slack_days') }}) as integer) as slack_days,
        dated.source is not null as has_dates
    from {{ ref('stg_receipts__contracts') }} as contracts
    left join dated on contracts.source = dated.source
    left join silent on contracts.source = silent.source
    where dated.source is not null or contracts.period_start is not null
)

select * from final
