-- one row per month, hour of the day and part of the city: calls
with
tallied as (
    select
        {{ month_and_place() }},
        hour(police_call_at) as call_hour,
        count(*) as calls_count
    from {{ counted_events('fct_police_calls') }}
    group by all
),

final as (
    select
        *,
        {{ without_race() }},
        {{ without_stratum() }}
    from tallied
)

select * from final
