-- one row per snapshot and place: lead hazard orders that were open
with
orders as (
    select * exclude ({{ piece_columns() }}, geocode_quality, match_stage, address_standard)
    from {{ counted_events('fct_lead_orders') }}
    where order_status = 'open'
),

-- A stock is on the map of its day, not on those of the days on which its orders were issued. The delivered district is one of
-- the map before (MHD-06).
stock as (
    {{ place_conformed('orders', on_date='orders.data_as_of_on', address='address') }}
),

snapshots as (
    select
        *,
        'snapshot' as period_type,
        data_as_of_on as period_start,
        data_as_of_on as period_end,
        {{ without_race() }},
        {{ without_stratum() }}
    from stock
),

final as (
    {{ counts_by_place('snapshots', 'lead_orders_open', {'numerator': 'count(*)'}, records='1') }}
)

select * from final
