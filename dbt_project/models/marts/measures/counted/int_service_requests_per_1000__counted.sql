-- one row per period and place: requests
with
months as (
    select * from {{ ref('int_service_requests__tallied') }}
),

periods as (
    {{ by_period('months') }}
),

placed as (
    {{ by_place('periods', 'service_requests_per_1000', {'numerator': 'sum(requests_count)'}, records='requests_count') }}
),

final as (
    select
        'service_requests_per_1000' as measure_id,
        1 as measure_version,
        *
    from placed
)

select * from final
