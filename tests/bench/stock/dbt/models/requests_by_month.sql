select
    date_trunc('month', created_at) as period_start,
    aldermanic_district,
    count(*) as requests,
    count(*) filter (where created_at + interval 2 days <= last_change.until_at) as followed,
    count(*) filter (where created_at + interval 2 days <= last_change.until_at and days_to_close <= 2) as closed_in_time,
    median(days_to_close) as days_median
from {{ ref('fct_service_requests') }}
cross join (select greatest(max(created_at), max(closed_at)) as until_at from {{ ref('fct_service_requests') }}) as last_change
group by all
