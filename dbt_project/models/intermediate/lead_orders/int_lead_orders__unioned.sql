-- one row per abated lead hazard order, and per snapshot and open one, with the day that it counts on
with
open_orders as (
    select * from {{ ref('stg_mhd__lead_orders_open') }}
),

abated_orders as (
    select * from {{ ref('stg_mhd__lead_orders_abated') }}
),

united as (
    select
        *,
        'open' as order_status,
        data_as_of_on as snapshot_on,
        cast(null as date) as cleared_on
    from open_orders
    union all by name
    select
        *,
        'abated' as order_status
    from abated_orders
),

-- the list of abated orders has no day of issue
dated as (
    select
        *,
        case order_status when 'open' then issued_on else cleared_on end as occurred_on,
        case order_status when 'open' then 'issued_on' else 'cleared_on' end as occurred_on_means
    from united
)

select * from dated
