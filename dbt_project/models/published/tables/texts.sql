-- one row per text that readers see, and language
select * from {{ ref('dim_text') }}
order by all
