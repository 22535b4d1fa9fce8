-- one row per period and spending department: the sum of payments, reversals taken off
with
payments as (
    select
        source,
        jurisdiction,
        occurred_on,
        unnest(['all', 'department']) as stratum_type,
        unnest(['all', {{ stratum_code_of('spending_department_name') }}]) as stratum_code,
        amount_usd
    from {{ counted_events('fct_payments') }}
),

days as (
    select
        source,
        jurisdiction,
        occurred_on,
        stratum_type,
        stratum_code,
        sum(amount_usd) as amount_usd,
        count(*) as payments_count
    from payments
    where occurred_on is not null and stratum_code is not null
    group by all
),

periods as (
    {{ by_period('days') }}
),

final as (
    select
        'payments' as measure_id,
        1 as measure_version,
        source,
        jurisdiction,
        period_type,
        period_start,
        period_end,
        {{ jurisdiction_place() }},
        {{ without_race() }},
        'individual' as method,
        stratum_type,
        stratum_code,
        sum(amount_usd) as numerator,
        sum(payments_count) as records_count
    from periods
    group by all
)

select * from final
