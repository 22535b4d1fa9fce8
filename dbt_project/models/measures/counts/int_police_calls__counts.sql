-- one row per period, place and hour of the day: calls to the police that were dispatched
with
hours as (
    select * replace (unnest(['all', 'hour']) as stratum_type, unnest(['all', cast(call_hour as varchar)]) as stratum_code)
    from {{ ref('int_police_calls__aggregated') }}
),

periods as (
    {{ by_period('hours') }}
),

with_place as (
    {{ counts_by_place('periods', 'police_calls', {'numerator': 'sum(calls_count)'}, records='calls_count') }}
),

final as (
    select * from with_place
    where stratum_code is not null
)

select * from final
