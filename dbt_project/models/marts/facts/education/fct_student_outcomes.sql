-- one row per metric, school, school year, dimension and group
with
outcomes as (
    {{ rows_of_school_fact('fct_student_outcomes', {
        'metric': 'varchar', 'students_pct': 'double', 'diplomas_count': 'bigint', 'outcome_pct': 'double', 'has_value': 'boolean',
        'is_hidden': 'boolean', 'cohort_class': 'bigint', 'extended_pct': 'double', 'extended_timeframe': 'varchar',
        'extended_years': 'integer', 'extended_gap_reason': 'varchar'
    }) }}
),

-- what is hidden is neither zero nor missing at random (DPI-01, DPI-02, DPI-03)
final as (
    select
        {{ school_event_columns('student_outcome') }},
        metric,
        {{ school_group_columns() }},
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
    from outcomes
)

select * from final
