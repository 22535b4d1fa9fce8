-- one row per metric, school year, place, race and stratum: what its cells give, and how many students its hidden cells can hold
{%- set same_place = 'source, jurisdiction, metric, place, period_start, period_end' %}
with
cells as (
    select * from {{ ref('int_student_outcomes__cells') }}
),

groups as (
    select
        {{ same_place }},
        race_ethnicity_code,
        stratum_type,
        stratum_code,
        {{ sums_of_cells() }},
        bool_or(race_ethnicity_code = 'suppressed_at_source' and not is_whole_school) as is_hidden_label
    from cells
    where (race_ethnicity_code <> 'all' or stratum_type <> 'all') and stratum_code <> 'not_mapped'
    group by all
),

-- a hidden label represents every group of its dimension
labelled as (
    select
        * exclude (is_hidden_label),
        bool_or(is_hidden_label) over (partition by {{ same_place }}, stratum_type) as hides_every_group
    from groups
),

-- a school whose rows are all hidden is one hidden cell of every group of its district
whole_schools as (
    select
        {{ same_place }},
        count(*) as hidden_cells,
        case when count(*) = count(hidden_students) then sum(hidden_students) end as hidden_students
    from (
        select
            {{ same_place }},
            school_geoid,
            max(hidden_students) as hidden_students
        from cells
        where is_whole_school and place.geography_type <> 'school'
        group by all
    )
    group by all
),

final as (
    select
        labelled.* replace (
            labelled.hidden_cells + coalesce(whole_schools.hidden_cells, 0) as hidden_cells,
            labelled.hidden_students + case when whole_schools.hidden_cells is null then 0 else whole_schools.hidden_students end
                as hidden_students,
            labelled.unlisted_students + coalesce(whole_schools.hidden_students, 0) as unlisted_students
        ),
        labelled.hidden_cells as shown_hidden_cells
    from labelled
    left join whole_schools
        on {{ same_columns('labelled', 'whole_schools', ['source', 'jurisdiction', 'metric', 'place', 'period_start']) }}
)

select * from final
