select * from {{ source('marts', 'fct_police_stops') }}
