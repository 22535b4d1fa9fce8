-- one row per month, part of the city and days to closing: requests, those followed for two days, those closed by then
with
requests as (
    select
        *,
        followed_until_at >= service_request_at + interval 2 days as is_followed,
        closed_at <= service_request_at + interval 2 days as is_closed_in_time,
        coalesce(closed_at <= followed_until_at, false) as is_closed
    from {{ counted_events('fct_service_requests') }}
),

tallied as (
    select
        {{ month_and_place() }},
        is_closed,
        -- whole days from the making of a request to its closing, or to the last moment at which a closing would have been seen
        case
            when is_closed then greatest(date_diff('second', service_request_at, closed_at), 0)
            when followed_until_at >= service_request_at then date_diff('second', service_request_at, followed_until_at)
        end // 86400 as observed_days,
        count(*) as requests_count,
        count(*) filter (where is_followed) as followed_count,
        count(*) filter (where is_followed and is_closed_in_time) as closed_count
    from requests
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
