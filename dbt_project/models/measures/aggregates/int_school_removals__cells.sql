-- one row per measure of removals, school year, place, school and race or other group: its removals and students
{%- set same_school = ['source', 'jurisdiction', 'measure_version', 'measure_id', 'place', 'period_start', 'period_end', 'school_geoid'] %}
with
facts as (
    select * from {{ ref('fct_school_removals') }}
    where category in ('all', 'suspension') and period_start is not null and stratum_code <> 'not_mapped'
),

understated as (
    select * from {{ ref('hidden_cell_limits') }}
    where cell = 'group' and gap_reason = 'understated'
),

-- a school is a part of its district and of all that the source covers
cells as (
    select
        facts.source,
        facts.jurisdiction,
        2 as measure_version,
        case facts.category when 'all' then 'discipline_removals_per_1000' else 'suspensions_per_100_students' end as measure_id,
        unnest({{ places_of_school('facts') }}) as place,
        facts.period_start,
        facts.period_end,
        facts.school_geoid,
        facts.race_ethnicity_code,
        facts.stratum_type,
        facts.stratum_code,
        -- hidden because it has so few students, whatever happened to them: the place's figure holds without it
        coalesce(facts.gap_reason = 'zero_of_few', false) as is_left_out,
        facts.value_status = 'suppressed_at_source' and not is_left_out as is_hidden,
        facts.value_status = 'not_collected' as is_missing,
        case when not is_left_out then facts.removals_count end as removals_count,
        case when not is_left_out then facts.students_count end as students_count,
        facts.students_count as all_students_count,
        case
            when not is_left_out and coalesce(facts.students_count <= understated.students_at_most, false) then facts.students_count
            else 0
        end as understated_students_count
    from facts
    left join understated
        on
            facts.source = understated.source
            and facts.period_start between understated.valid_from and understated.valid_to
),

-- the file has no row of all students: all are the groups by race together
final as (
    select * from cells
    where race_ethnicity_code <> 'all' or stratum_type <> 'all'
    union all by name
    select
        {{ same_school | join(', ') }},
        'all' as race_ethnicity_code,
        stratum_type,
        stratum_code,
        bool_and(is_left_out) as is_left_out,
        bool_or(is_hidden) as is_hidden,
        bool_or(is_missing) as is_missing,
        sum(removals_count) as removals_count,
        sum(students_count) as students_count,
        sum(all_students_count) as all_students_count,
        sum(understated_students_count) as understated_students_count
    from cells
    where race_ethnicity_code <> 'all'
    group by all
)

select * from final
