select date_on from {{ source('marts', 'dim_date') }}
