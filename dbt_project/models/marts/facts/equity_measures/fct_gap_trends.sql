-- one row per measure, place, group and scale whose gap has two comparable periods: how the gap changed
with
figures as (
    select * from {{ ref('fct_equity_measures') }}
    where value_status = 'computed' and reliability <> 'unreliable'
)

select * from ({{ gap_trends('figures') }})
