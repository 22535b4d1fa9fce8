-- one row per measure of removals, school year, place and race or other group: removals and students enrolled, or why there are none
{%- set same_place = ['source', 'jurisdiction', 'measure_id', 'place', 'period_start', 'period_end'] %}
{%- set same_group = ['race_ethnicity_code', 'stratum_type', 'stratum_code'] %}
with
facts as (
    select * from {{ ref('fct_school_removals') }}
    where category in ('all', 'suspension') and period_start is not null and stratum_code <> 'not_mapped'
),

-- a school is a part of its district and of all that the source covers
cells as (
    select
        source,
        jurisdiction,
        case category when 'all' then 'discipline_removals_per_1000' else 'suspensions_per_100_students' end as measure_id,
        unnest({{ places_of_school() }}) as place,
        period_start,
        period_end,
        {{ same_group | join(', ') }},
        value_status,
        removals_count,
        students_count
    from facts
),

-- the file has no row of all students: all are the groups by race together
groups as (
    select * from cells
    where race_ethnicity_code <> 'all' or stratum_type <> 'all'
    union all by name
    select * replace ('all' as race_ethnicity_code) from cells
    where race_ethnicity_code <> 'all'
),

summed as (
    select
        {{ same_place | join(', ') }},
        {{ same_group | join(', ') }},
        sum(removals_count) as removals_count,
        sum(students_count) as students_count,
        bool_or(value_status = 'suppressed_at_source') as is_hidden,
        bool_or(value_status = 'not_collected') as is_missing
    from groups
    group by all
),

years as (
    select distinct {{ same_place | join(', ') }} from summed
),

members as (
    select distinct
        source,
        measure_id,
        place,
        {{ same_group | join(', ') }}
    from summed
    where students_count >= {{ rule('min_denominator_records') }}
),

-- a group with enough students for a percentage in another year and without a row now is unknown, and not zero
united as (
    select
        years.*,
        {{ 'members.' ~ same_group | join(', members.') }},
        true as is_hidden,
        false as is_missing
    from years
    inner join members on {{ same_columns('years', 'members', ['source', 'measure_id', 'place']) }}
    anti join summed as found
        on
            {{ same_columns('years', 'found', ['source', 'measure_id', 'place', 'period_start']) }}
            and {{ same_columns('members', 'found', same_group) }}
    union all by name
    select * from summed
),

-- a label without a group hides one: any group may be behind it
with_status as (
    select
        *,
        case
            when is_hidden or bool_or(race_ethnicity_code = 'suppressed_at_source') over place_and_year then 'suppressed_at_source'
            when is_missing then 'not_collected'
            else 'computed'
        end as value_status
    from united
    window place_and_year as (partition by {{ same_place | join(', ') }})
),

final as (
    select
        counted.measure_id,
        1 as measure_version,
        counted.source,
        counted.jurisdiction,
        'school_year' as period_type,
        counted.period_start,
        counted.period_end,
        counted.place.geography_type,
        'current' as geography_vintage,
        counted.place.geoid,
        contracts.race_standard,
        {{ 'counted.' ~ same_group | join(', counted.') }},
        'aggregate' as method,
        counted.value_status,
        case when counted.value_status <> 'computed' then counted.value_status end as status_reason,
        case when counted.value_status = 'computed' then counted.removals_count end as numerator,
        case when counted.value_status = 'computed' then counted.students_count end as denominator
    from with_status as counted
    inner join {{ ref('stg_receipts__agreements') }} as contracts on counted.source = contracts.source
    where counted.race_ethnicity_code <> 'suppressed_at_source'
)

select * from final
