select date_trunc('month', called_at) as period_start, police_district, hour(called_at) as call_hour, count(*) as calls
from {{ ref('fct_police_calls') }}
group by all
