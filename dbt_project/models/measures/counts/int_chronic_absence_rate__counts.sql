-- one row per school year, place and race or other group: students who were chronically absent, of all students
with
outcomes as (
    select * from {{ ref('int_student_outcomes__aggregated') }}
),

final as (
    select
        'chronic_absence_rate' as measure_id,
        2 as measure_version,
        * exclude (metric)
    from outcomes
    where metric = 'chronic_absenteeism'
)

select * from final
