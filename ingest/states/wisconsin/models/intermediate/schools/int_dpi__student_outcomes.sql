-- one row per metric, school, school year, dimension and group
with
enrollment as (
    select
        * exclude (students_count_missing_reason),
        case students_count_missing_reason
            when 'suppressed_at_source' then 'suppressed_by_state' else students_count_missing_reason
        end as gap_reason,
        students_count is not null as has_value,
        students_count_missing_reason = 'suppressed_at_source' as is_hidden
    from {{ ref('stg_dpi__enrollment') }}
),

absenteeism as (
    select
        * exclude (absent_pct, absent_pct_missing_reason),
        absent_pct as outcome_pct,
        absent_pct is not null as has_value,
        absent_pct_missing_reason <> 'invalid' as is_hidden
    from {{ ref('stg_dpi__absenteeism') }}
),

completion as (
    select
        * exclude (completed_pct, completed_pct_missing_reason),
        completed_pct as outcome_pct,
        completed_pct is not null as has_value,
        completed_pct_missing_reason <> 'invalid' as is_hidden
    from {{ ref('stg_dpi__completion') }}
)

select * from enrollment
union all by name
select * from absenteeism
union all by name
select * from completion
