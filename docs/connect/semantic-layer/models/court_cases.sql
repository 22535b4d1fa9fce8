select * from {{ source('marts', 'fct_court_cases') }}
