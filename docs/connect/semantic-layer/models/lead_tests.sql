select * from {{ source('marts', 'fct_lead_tests') }}
