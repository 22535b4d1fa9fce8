-- one row per delivered request, with the time until which its closing can be seen
with
requests as (
    select * from {{ ref('stg_ucc__service_requests') }}
),

followed as (
    select
        *,
        -- Censoring time: min(data as of, start + N days); a contract that promises no follow-up lets nothing be seen
        case follow_up_until
            when 'delivery' then data_as_of
            when 'days_after_start' then least(data_as_of, service_request_at + to_days(follow_up_days))
        end as followed_until_at
    from requests
)

select * from followed
