-- one row per metric, school year, place (a school, a district, all that the source covers), race and stratum: students with the outcome
{%- set same_place = 'source, jurisdiction, metric, place, period_start, period_end' %}
with
outcomes as (
    select
        *,
        unnest([
            { 'geography_type': 'school', 'geoid': school_geoid },
            { 'geography_type': 'school_district', 'geoid': school_district_geoid },
            { 'geography_type': {{ jurisdiction_type('jurisdiction') }}, 'geoid': jurisdiction }
        ]) as place,
        -- of completion and discipline the outcome is counted; else the rate, which is rounded, tells of whole students
        coalesce(diplomas_count, removals_count, round(outcome_pct * students_count / 100)) as outcome_count,
        case when value_status = 'computed' and outcome_count is null then 'suppressed_at_source' else value_status end as cell_status
    from {{ ref('fct_student_outcomes') }}
    where metric in ('chronic_absenteeism', 'hs_completion', 'discipline_removals') and period_start is not null
),

-- each dimension splits the same students: of a school's dimensions without a hidden cell the fullest tells how many there are
dimension_totals as (
    select
        {{ same_place }},
        school_geoid,
        dimension_reported,
        sum(outcome_count) as outcome_count,
        sum(students_count) as students_count,
        bool_and(cell_status = 'computed') as is_complete
    from outcomes
    group by all
),

-- Of two as full the total itself, else race. By a rounding it may be less than what another dimension shows.
school_totals as (
    select
        * replace (
            least(
                greatest(
                    outcome_count,
                    max(outcome_count) filter (where not is_complete) over (partition by {{ same_place }}, school_geoid)
                ),
                -- one student may be removed several times
                case when metric <> 'discipline_removals' then students_count end
            ) as outcome_count
        )
    from dimension_totals
    qualify row_number() over (
        partition by {{ same_place }}, school_geoid
        order by
            is_complete desc, students_count desc, (dimension_reported = 'All Students') desc,
            (dimension_reported = 'Race/Ethnicity') desc, dimension_reported asc
    ) = 1
),

totals as (
    select
        {{ same_place }},
        'all' as race_ethnicity_code,
        'all' as stratum_type,
        'all' as stratum_code,
        sum(outcome_count) as outcome_count,
        sum(students_count) as students_count,
        case when bool_and(is_complete) then 'computed' else 'suppressed_at_source' end as value_status
    from school_totals
    group by all
),

groups as (
    select
        {{ same_place }},
        race_ethnicity_code,
        stratum_type,
        stratum_code,
        sum(outcome_count) as outcome_count,
        sum(students_count) as students_count,
        -- the worst of them, which is also the last by the alphabet: computed, not_collected, suppressed_at_source
        max(cell_status) as value_status
    from outcomes
    where (race_ethnicity_code <> 'all' or stratum_type <> 'all') and stratum_code <> 'not_mapped'
    group by all
),

-- a district, and a jurisdiction, is only the sum of its schools where none of them hides a cell of the dimension
judged as (
    select
        * replace (
            case
                when place.geography_type = 'school' then value_status
                else max(value_status) over (partition by {{ same_place }}, stratum_type)
            end as value_status
        )
    from groups
    union all
    select * from totals
),

final as (
    select
        judged.metric,
        judged.source,
        judged.jurisdiction,
        'school_year' as period_type,
        judged.period_start,
        judged.period_end,
        judged.place.geography_type,
        'current' as geography_vintage,
        judged.place.geoid,
        contracts.race_standard,
        judged.race_ethnicity_code,
        'aggregate' as method,
        judged.stratum_type,
        judged.stratum_code,
        judged.value_status,
        case when judged.value_status <> 'computed' then judged.value_status end as status_reason,
        case when judged.value_status = 'computed' then judged.outcome_count end as numerator,
        case when judged.value_status = 'computed' then judged.students_count end as denominator
    from judged
    inner join {{ ref('stg_receipts__agreements') }} as contracts on judged.source = contracts.source
)

select * from final
