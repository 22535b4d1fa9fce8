-- one row per source of dated records and month, quarter or year that is due
-- Due are all periods of the years that the deliveries reach, and of a feed with a rhythm all that have ended since.
with
ranges as (
    select
        ranges.*,
        cast(date_trunc('year', ranges.covered_from) as timestamp) as first_month,
        least(
            greatest(
                date_trunc('year', ranges.covered_until) + interval 11 months,
                case when ranges.due <> 'release' then date_trunc('month', clock.as_of) - interval 1 month end
            ),
            greatest(date_trunc('month', clock.as_of - interval 1 microsecond), date_trunc('month', ranges.covered_until))
        ) as last_month
    from {{ ref('int_sources__date_ranges') }} as ranges
    cross join {{ ref('stg_receipts__clock') }} as clock
),

months as (
    select
        ranges.source,
        cast(calendar.moment as date) as occurred_on
    from ranges
    cross join lateral unnest(generate_series(ranges.first_month, ranges.last_month, interval 1 month)) as calendar (moment)
),

dated as (
    {{ by_period('months') }}
),

final as (
    select distinct
        source,
        period_type,
        period_start,
        period_end
    from dated
)

select * from final
