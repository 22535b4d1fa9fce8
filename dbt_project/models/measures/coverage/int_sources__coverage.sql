-- one row per source and period that is due: what the deliveries cover of it, and why it is not whole or not usual
with
dated as (
    select * from {{ ref('int_periods__coverage') }}
),

contracts as (
    select * from {{ ref('int_sources__in_series') }}
),

-- sources whose rows are of a period: what is delivered of one is the whole
delivered as (
    select distinct
        figures.source,
        case
            when figures.period_type <> 'snapshot' then figures.period_type
            else case contracts.due when 'monthly' then 'month' when 'quarterly' then 'quarter' when 'yearly' then 'year' end
        end as delivered_type,
        cast(case
            when figures.period_type = 'snapshot' then date_trunc(delivered_type, figures.period_start)
            else figures.period_start
        end as date) as period_start
    from {{ ref('int_equity_measures__unioned') }} as figures
    inner join contracts on figures.source = contracts.source
    left join dated on figures.source = dated.source
    where dated.source is null and delivered_type in ('month', 'quarter', 'year', 'school_year')
),

-- between the first and the last one that was delivered each is due, unless only releases are
calendar as (
    select
        bounds.source,
        bounds.delivered_type as period_type,
        case bounds.delivered_type
            when 'month' then interval 1 month
            when 'quarter' then interval 3 months
            else interval 1 year
        end as length,
        unnest(generate_series(cast(bounds.first_start as timestamp), cast(bounds.last_start as timestamp), length)) as due_at,
        contracts.due,
        contracts.is_due_declared
    from (
        select
            source,
            delivered_type,
            min(period_start) as first_start,
            max(period_start) as last_start
        from delivered
        group by all
    ) as bounds
    inner join contracts on bounds.source = contracts.source
),

by_periods as (
    select
        calendar.source,
        calendar.period_type,
        cast(calendar.due_at as date) as period_start,
        cast(calendar.due_at + calendar.length - interval 1 day as date) as period_end,
        cast(calendar.due_at + calendar.length as date) - cast(calendar.due_at as date) as due_days,
        case when delivered.source is not null then due_days else 0 end as covered_days,
        delivered.source is not null as is_complete,
        true as is_over,
        calendar.due,
        calendar.is_due_declared
    from calendar
    left join delivered
        on
            calendar.source = delivered.source
            and calendar.period_type = delivered.delivered_type
            and cast(calendar.due_at as date) = delivered.period_start
    where calendar.due <> 'release' or delivered.source is not null
),

unioned as (
    select * from dated
    union all by name
    select * from by_periods
),

final as (
    select
        unioned.*,
        -- before the first record nothing is known to be due, and after the last one nothing of a release
        unioned.is_over
        and not unioned.is_complete
        and unioned.period_start >= min(coalesce(unioned.covered_from, unioned.period_start)) filter (where unioned.covered_days > 0)
            over (partition by unioned.source)
        and (
            unioned.due <> 'release'
            or unioned.period_start < max(unioned.period_start) filter (where unioned.covered_days > 0) over by_type
        ) as is_missing,
        unioned.period_type = arg_min(unioned.period_type, unioned.due_days) over (partition by unioned.source) as is_finest,
        odd.volume,
        case
            when odd.volume = 'low' then 'fewer than half of its usual records'
            when odd.volume = 'high' then 'more than twice its usual records'
            when unioned.is_complete then null
            when not unioned.is_over then 'not over'
            when unioned.covered_days = 0 then 'no delivery covers it'
            else format(
                'covered {} of {} days, {} to {}',
                cast(round(unioned.covered_days, 1) as varchar), unioned.due_days, unioned.covered_from, unioned.covered_until
            )
        end as note
    from unioned
    left join {{ ref('int_periods__odd_volume') }} as odd
        on {{ same_columns('unioned', 'odd', ['source', 'period_type', 'period_start']) }}
    window by_type as (partition by unioned.source, unioned.period_type)
)

select * from final
