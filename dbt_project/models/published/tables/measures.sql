-- one row per measure and version
select * from {{ ref('dim_measure') }}
