-- one row per metric, school, school year, dimension and group
with
outcomes as (
    {{ rows_of_school_fact('fct_student_outcomes', {
        'metric': 'varchar', 'students_pct': 'double', 'diplomas_count': 'bigint', 'outcome_pct': 'double', 'has_value': 'boolean',
        'is_hidden': 'boolean', 'cohort_class': 'bigint', 'extended_pct': 'double', 'extended_timeframe': 'varchar',
        'extended_years': 'integer', 'extended_gap_reason': 'varchar'
    }) }}
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
        {{ school_value_status(hidden="is_hidden", given="has_value") }},
        cohort_class,
        extended_pct,
        extended_timeframe,
        extended_years,
        extended_gap_reason,
        source_note
    from with_is_reported
)

select * from final
