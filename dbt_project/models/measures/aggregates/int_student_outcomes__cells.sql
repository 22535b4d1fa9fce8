-- one row per cell of the state's tables and place that it is part of (a school, a district, all that the source covers)
with
facts as (
    select * from {{ ref('fct_student_outcomes') }}
    where metric in ('chronic_absenteeism', 'hs_completion') and period_start is not null
),

-- A school whose rows are all hidden, in one row for every group: none of its groups is zero (DPI-03).
silent as (
    select
        source,
        jurisdiction,
        metric,
        school_geoid,
        period_start
    from facts
    group by all
    having
        bool_and(
            value_status = 'suppressed_at_source'
            and (race_ethnicity_code = 'suppressed_at_source' or (race_ethnicity_code = 'all' and stratum_type = 'all'))
        )
),

final as (
    select
        facts.source,
        facts.jurisdiction,
        facts.metric,
        unnest({{ places_of_school('facts') }}) as place,
        facts.period_start,
        facts.period_end,
        facts.school_geoid,
        facts.dimension_reported,
        facts.race_ethnicity_code,
        facts.stratum_type,
        facts.stratum_code,
        silent.school_geoid is not null as is_whole_school,
        facts.students_count,
        -- of completion the outcome is counted; else the rate, which is rounded, gives whole students
        coalesce(facts.diplomas_count, facts.outcome_pct * facts.students_count / 100) as rated_count,
        round(rated_count) as outcome_count,
        case when facts.value_status = 'computed' and outcome_count is null then 'suppressed_at_source' else facts.value_status end
            as cell_status,
        -- the most students that a hidden cell can hold: its size, else what the publisher states; NULL where neither is known
        case
            when cell_status = 'suppressed_at_source' then coalesce(facts.students_count, limits.students_at_most)
        end as hidden_students
    from facts
    left join silent
        on {{ same_columns('facts', 'silent', ['source', 'jurisdiction', 'metric', 'school_geoid', 'period_start']) }}
    left join {{ ref('hidden_cell_limits') }} as limits
        on
            facts.source = limits.source
            and facts.gap_reason = limits.gap_reason
            and case when silent.school_geoid is null then 'group' else 'whole_school' end = limits.cell
            and facts.period_start between limits.valid_from and limits.valid_to
)

select * from final
