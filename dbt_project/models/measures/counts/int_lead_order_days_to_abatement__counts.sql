-- one row per year in which orders were issued: the day by which half of them are cleared
with
orders as (
    select * from {{ counted_events('fct_lead_orders') }}
    -- an order that is open in several snapshots is one order
    where is_latest_snapshot
),

-- Cleared orders without a day of issue are missing in the curve; what is left would be the orders still open.
dated as (
    select
        'mhd__lead_orders_abated' as source,
        jurisdiction,
        issued_on as occurred_on,
        {{ piece_columns() }},
        {{ without_race() }},
        {{ without_stratum() }},
        greatest(date_diff('day', issued_on, coalesce(cleared_on, data_as_of_on)), 0) as observed_days,
        case when cleared_on is not null then 1 else 0 end as is_cleared
    from orders
    where issued_on is not null and coalesce(cleared_on, data_as_of_on) is not null
),

lost as (
    select count(*) as lost_count from orders
    where cleared_on is not null and issued_on is null
),

periods as (
    {{ by_period('dated') }}
),

survival as (
    {{ median_days(
        'periods', 'lead_order_days_to_abatement', events='sum(is_cleared)', censored='sum(1 - is_cleared)', records='1'
    ) }}
),

final as (
    select
        survival.* replace (
            case when lost.lost_count = 0 then survival.value end as value,
            case when lost.lost_count = 0 then survival.ci_low end as ci_low,
            case when lost.lost_count = 0 then survival.ci_high end as ci_high,
            case when lost.lost_count > 0 then 'not_observable' else survival.value_status end as value_status,
            case when lost.lost_count > 0 then 'no_start_date' else survival.status_reason end as status_reason
        )
    from survival
    cross join lost
)

select * from final
