-- one row per year and place: lead hazard orders that were cleared
with
orders as (
    select
        source,
        jurisdiction,
        cleared_on as occurred_on,
        {{ piece_columns() }},
        {{ without_race() }},
        {{ without_stratum() }}
    from {{ counted_events('fct_lead_orders') }}
    where order_status = 'abated' and cleared_on is not null
),

periods as (
    {{ by_period('orders') }}
),

final as (
    {{ counts_by_place('periods', 'lead_orders_abated', {'numerator': 'count(*)'}, records='1') }}
)

select * from final
