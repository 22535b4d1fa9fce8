-- one row per abated lead hazard order, and per snapshot and order that was open on its date
with
delivered as (
    select * from {{ ref('int_lead_orders__unioned') }}
),

orders as (
    {{ numbered('delivered', within='snapshot_on') }}
),

placed as (
    {{ place_conformed(
        'orders', on_date='orders.occurred_on', address='address', aldermanic_district='orders.aldermanic_district_reported'
    ) }}
),

final as (
    select
        {{ event_columns('lead_order', has_key=false, snapshot='snapshot_on') }},
        occurred_on,
        occurred_on_means,
        {{ place_columns() }},
        order_status,
        issued_on,
        issued_on_missing_reason,
        exterior_due_on,
        interior_due_on,
        cleared_on,
        data_as_of_on,
        {{ is_latest_snapshot('snapshot_on') }} as is_latest_snapshot,
        order_type_reported,
        exterior_status_reported,
        interior_status_reported,
        address,
        address_standard,
        match_stage,
        aldermanic_district_reported
    from placed
)

select * from final
