select * from {{ source('marts', 'fct_service_requests') }}
