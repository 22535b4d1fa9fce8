-- one row per measure, place, group and scale whose gap has two comparable periods that are shown: how the gap changed
with
figures as (
    select * from {{ ref('equity_measures') }}
    where publication_status = 'published'
)

select * from ({{ gap_trends('figures') }})
order by all
