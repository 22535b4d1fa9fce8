-- one row per period and place: calls to the police that were dispatched
with
-- summed over hours, so that fewer rows are joined to periods and places
months as (
    select
        * exclude (call_hour, calls_count),
        sum(calls_count) as calls_count
    from {{ ref('int_police_calls__aggregated') }}
    group by all
),

periods as (
    {{ by_period('months') }}
),

final as (
    {{ counts_by_place('periods', 'police_calls_per_1000', {'numerator': 'sum(calls_count)'}, records='calls_count') }}
)

select * from final
