-- one row per school year, place and race or other group: students with a diploma within four years, of the cohort
with
outcomes as (
    select * from {{ ref('int_student_outcomes__aggregated') }}
),

final as (
    select
        'completion_rate' as measure_id,
        2 as measure_version,
        * exclude (metric)
    from outcomes
    where metric = 'hs_completion'
)

select * from final
