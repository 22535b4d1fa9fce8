-- one row per school year, place and race or other group: removals, for the students enrolled
with
outcomes as (
    select * from {{ ref('int_student_outcomes__aggregated') }}
),

final as (
    select
        'discipline_removals_per_1000' as measure_id,
        1 as measure_version,
        * exclude (metric)
    from outcomes
    where metric = 'discipline_removals'
)

select * from final
