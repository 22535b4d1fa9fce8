-- one row per call number
with
calls as (
    select * from {{ ref('int_police_calls__placed') }}
),

final as (
    select
        {{ event_columns('police_call', has_key=true) }},
        occurred_on,
        police_call_at,
        {{ place_columns() }},
        call_number,
        nature,
        status,
        address,
        police_district_reported
    from calls
)

select * from final
