-- one row per school year, place (a school, a district, all that the source covers) and race or sex: students of the group
with
enrollment as (
    select
        *,
        unnest({{ places_of_school() }}) as place
    from {{ ref('fct_student_outcomes') }}
    where metric = 'enrollment' and period_start is not null
),

-- Each dimension splits the same students and may leave some out, so the fullest one without a hidden cell shows how many there
-- are. A school without such a dimension has no total, and neither has what holds it.
dimension_totals as (
    select
        source,
        jurisdiction,
        place,
        school_geoid,
        period_start,
        period_end,
        sum(students_count) as students_count,
        bool_and(value_status = 'computed') as is_complete
    from enrollment
    group by source, jurisdiction, place, school_geoid, period_start, period_end, dimension_reported
),

school_totals as (
    select
        * exclude (students_count, is_complete),
        max(students_count) filter (where is_complete) as students_count
    from dimension_totals
    group by all
),

totals as (
    select
        source,
        jurisdiction,
        place,
        period_start,
        period_end,
        'all' as race_ethnicity_code,
        'all' as stratum_type,
        'all' as stratum_code,
        case when bool_and(students_count is not null) then sum(students_count) end as students_count,
        case when bool_and(students_count is not null) then 'computed' else 'suppressed_at_source' end as value_status
    from school_totals
    group by all
),

groups as (
    select
        source,
        jurisdiction,
        place,
        period_start,
        period_end,
        race_ethnicity_code,
        stratum_type,
        stratum_code,
        sum(students_count) as students_count,
        -- the worst of them, which is also the last by the alphabet: computed, not_collected, suppressed_at_source
        max(value_status) as value_status
    from enrollment
    where race_ethnicity_code <> 'all' or stratum_type = 'sex'
    group by all
),

-- a district, and a jurisdiction, is only the sum of its schools where none of them hides a cell of the dimension
with_status as (
    select
        * replace (
            case
                when place.geography_type = 'school' then value_status
                else max(value_status) over (partition by jurisdiction, place, period_start, stratum_type)
            end as value_status
        )
    from groups
    union all
    select * from totals
),

final as (
    select
        'student_composition' as measure_id,
        1 as measure_version,
        with_status.source,
        with_status.jurisdiction,
        'school_year' as period_type,
        with_status.period_start,
        with_status.period_end,
        with_status.place.geography_type,
        'current' as geography_vintage,
        with_status.place.geoid,
        contracts.race_standard,
        with_status.race_ethnicity_code,
        'exclusive' as tabulation,
        'aggregate' as method,
        with_status.stratum_type,
        with_status.stratum_code,
        with_status.value_status,
        case when with_status.value_status <> 'computed' then with_status.value_status end as status_reason,
        cast(case when with_status.value_status = 'computed' then with_status.students_count end as double) as numerator,
        cast(
            max(with_status.students_count) filter (
                where with_status.race_ethnicity_code = 'all' and with_status.stratum_type = 'all'
            ) over whole as double
        ) as denominator
    from with_status
    inner join {{ ref('stg_receipts__agreements') }} as contracts on with_status.source = contracts.source
    window whole as (partition by with_status.jurisdiction, with_status.place, with_status.period_start)
)

select * from final
