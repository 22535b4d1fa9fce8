-- one row per exam, school, school year, subject, dimension and group
with
assessments as (
    {{ rows_of_school_fact('fct_school_assessments', {
        'exam': 'varchar', 'subject': 'varchar', 'tested_count': 'bigint', 'denominator_count': 'bigint', 'proficient_pct': 'double',
        'below_pct': 'double', 'not_tested_pct': 'double', 'average_score': 'double'
    }) }}
),

-- What is hidden is neither zero nor missing at random, and a percentage of a year without a measurement is none (DPI-06, DPI-07).
final as (
    select
        {{ school_event_columns('school_assessment') }},
        exam,
        subject,
        {{ school_group_columns() }},
        students_count,
        tested_count,
        case when is_reported and gap_reason is null then denominator_count end as denominator_count,
        -- whole students, which the rounded percentage comes from
        case when is_reported and gap_reason is null then cast(round(proficient_pct * denominator_count / 100) as bigint) end
            as proficient_count,
        case when is_reported then proficient_pct end as proficient_pct,
        below_pct,
        not_tested_pct,
        average_score,
        {{ school_value_status(hidden="gap_reason = 'suppressed_by_state'", given="gap_reason is null") }},
        source_note
    from assessments
)

select * from final
