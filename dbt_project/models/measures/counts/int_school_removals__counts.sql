-- one row per measure of removals, school year, place and race or other group: removals and students enrolled, or why there are none
{%- set same_place = ['source', 'jurisdiction', 'measure_id', 'measure_version', 'place', 'period_start', 'period_end'] %}
{%- set same_group = school_group() %}
with
summed as (
    select
        {{ same_place | join(', ') }},
        {{ same_group | join(', ') }},
        sum(removals_count) as removals_count,
        sum(students_count) as students_count,
        sum(all_students_count) as all_students_count,
        sum(understated_students_count) as understated_students_count,
        bool_or(is_hidden) as is_hidden,
        bool_or(is_missing) as is_missing
    from {{ ref('int_school_removals__cells') }}
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
    where all_students_count >= {{ rule('min_denominator_records') }}
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
            when coalesce(students_count, 0) = 0 and all_students_count > 0 then 'suppressed_at_source'
            else 'computed'
        end as value_status,
        -- where the publisher hides small cells, the figures of every group hold for the students whom it shows
        -- that of all groups is unknown where a group is hidden in full
        max(all_students_count - coalesce(students_count, 0)) over place_and_year > 0
        and (race_ethnicity_code <> 'all' or stratum_type <> 'all' or not bool_or(is_hidden) over place_and_year) as is_partly_shown
    from united
    window place_and_year as (partition by {{ same_place | join(', ') }})
),

final as (
    select
        counted.measure_id,
        counted.measure_version,
        {{ school_figure_columns('counted', 'contracts') }},
        case when counted.value_status <> 'computed' then counted.value_status end as status_reason,
        case when counted.value_status = 'computed' then counted.removals_count end as numerator,
        case when counted.value_status = 'computed' then counted.students_count end as denominator,
        case when counted.is_partly_shown then counted.all_students_count end as full_denominator,
        case
            when counted.is_partly_shown
                then 100 * coalesce(counted.students_count, 0) / nullif(counted.all_students_count, 0)
        end as place_coverage_pct,
        case when counted.value_status = 'computed' then counted.understated_students_count end as understated_denominator
    from with_status as counted
    inner join {{ ref('stg_receipts__agreements') }} as contracts on counted.source = contracts.source
    where counted.race_ethnicity_code <> 'suppressed_at_source'
)

select * from final
