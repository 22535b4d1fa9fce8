-- one row per code that readers see, and language
select * from {{ ref('dim_label') }}
order by all
