select * from {{ source('marts', 'fct_payments') }}
