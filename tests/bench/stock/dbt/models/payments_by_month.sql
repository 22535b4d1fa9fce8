select date_trunc('month', paid_on) as period_start, department_name, sum(amount_usd) as amount_usd, count(*) as payments
from {{ ref('fct_payments') }}
group by all
