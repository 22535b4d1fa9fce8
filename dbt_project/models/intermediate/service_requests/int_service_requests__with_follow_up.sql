-- one row per delivered request, with the time until which its closing can be seen
{{ config(meta={'row_by_row': true}) }}
with
requests as (
    select * from {{ ref('stg_ucc__service_requests') }}
),

followed as (
    select
        *,
        {{ follow_up_end('service_request_at', 'follow_up_until', 'follow_up_days', 'data_as_of') }} as followed_until_at
    from requests
)

select * from followed
