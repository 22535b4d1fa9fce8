-- one row per metric, school, school year, dimension and group
with
enrollment as (
    select * from {{ ref('stg_dpi__enrollment') }}
),

absenteeism as (
    select
        * exclude (absent_pct, absent_pct_missing_reason),
        absent_pct as outcome_pct,
        absent_pct is not null as has_value,
        case when absent_pct_missing_reason <> 'invalid' then 'suppressed_at_source' end as hidden
    from {{ ref('stg_dpi__absenteeism') }}
),

completion as (
    select
        * exclude (completed_pct, completed_pct_missing_reason),
        completed_pct as outcome_pct,
        completed_pct is not null as has_value,
        case when completed_pct_missing_reason <> 'invalid' then 'suppressed_at_source' end as hidden
    from {{ ref('stg_dpi__completion') }}
),

outcomes as (
    select
        * exclude (students_count_missing_reason),
        case students_count_missing_reason
            when 'suppressed_at_source' then 'suppressed_by_state' else students_count_missing_reason
        end as gap_reason,
        students_count is not null as has_value,
        students_count_missing_reason as hidden
    from enrollment
    union all by name
    select * from absenteeism
    union all by name
    select * from completion
),

-- a row of a suppressed label has no information on its group (DPI-03)
with_is_reported as (
    select
        *,
        {{ has_reported_group() }} as is_reported
    from outcomes
),

-- what is hidden is neither zero nor missing at random (DPI-01, DPI-02, DPI-03)
final as (
    select
        {{ event_columns('student_outcome', has_key=true) }},
        cast(null as date) as occurred_on,
        period_start,
        period_end,
        {{ null_place_columns() }},
        {{ race_columns() }},
        metric,
        school_district_geoid,
        school_geoid,
        school_district_reported,
        school_reported,
        school_year,
        dimension_reported,
        group_reported,
        stratum_type,
        stratum_code,
        case when is_reported then students_count end as students_count,
        students_pct,
        diplomas_count,
        case when is_reported then outcome_pct end as outcome_pct,
        {{ school_value_status(hidden="hidden = 'suppressed_at_source'", given="has_value") }},
        cohort_class,
        extended_pct,
        extended_timeframe,
        extended_years,
        extended_gap_reason,
        source_note
    from with_is_reported
)

select * from final
