-- one row per source
select * from {{ ref('dim_source') }}
