-- one row per metric, school year and place: all students, each school by the dimension that gives most of them
{%- set same_place = 'source, jurisdiction, metric, place, period_start, period_end' %}
with
cells as (
    select * from {{ ref('int_student_outcomes__cells') }}
),

-- each dimension splits the same students: of a school's dimensions without a hidden cell the fullest gives how many there are
dimension_totals as (
    select
        {{ same_place }},
        school_geoid,
        dimension_reported,
        {{ sums_of_cells() }},
        hidden_cells = 0 and missing_cells = 0 as is_complete
    from cells
    group by all
),

-- Of two as full the one with the fewest hidden students, then the total itself, else race. By a rounding it may be less than what
-- another dimension shows.
school_totals as (
    select
        * replace (
            case
                when is_complete
                    then least(
                        greatest(
                            outcome_count,
                            max(outcome_count) filter (where not is_complete) over (partition by {{ same_place }}, school_geoid)
                        ),
                        students_count
                    )
                else outcome_count
            end as outcome_count
        )
    from dimension_totals
    qualify row_number() over (
        partition by {{ same_place }}, school_geoid
        order by
            is_complete desc, coalesce(students_count, 0) + unlisted_students desc, hidden_students asc nulls last,
            (dimension_reported = 'All Students') desc, (dimension_reported = 'Race/Ethnicity') desc, dimension_reported asc
    ) = 1
),

final as (
    select
        {{ same_place }},
        'all' as race_ethnicity_code,
        'all' as stratum_type,
        'all' as stratum_code,
        sum(outcome_count) as outcome_count,
        {{ sum_in_order('rated_count') }} as rated_count,
        sum(students_count) as students_count,
        sum(hidden_cells) as hidden_cells,
        sum(missing_cells) as missing_cells,
        case when count(*) = count(hidden_students) then sum(hidden_students) end as hidden_students,
        sum(unlisted_students) as unlisted_students,
        false as hides_every_group
    from school_totals
    group by all
)

select * from final
