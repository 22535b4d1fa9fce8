-- one row per measure of exams, school year, place and race or other group: proficient students of the schools that are shown
{%- set same_place = ['source', 'jurisdiction', 'measure_id', 'place', 'period_start', 'period_end'] %}
{%- set same_group = school_group() %}
with
facts as (
    select * from {{ ref('fct_school_assessments') }}
    where subject in ('ela', 'math') and period_start is not null and stratum_code <> 'not_mapped'
),

-- a school is a part of its district and of all that the source covers
cells as (
    select
        *,
        concat(exam, '_', subject, '_proficient_share') as measure_id,
        unnest({{ places_of_school() }}) as place
    from facts
),

-- each dimension splits the same students: the fullest gives how many a school shows, and of two as full the total itself
dimension_totals as (
    select
        {{ same_place | join(', ') }},
        school_geoid,
        dimension_reported,
        'all' as race_ethnicity_code,
        'all' as stratum_type,
        'all' as stratum_code,
        sum(proficient_count) as proficient_count,
        sum(denominator_count) as denominator_count,
        max(gap_reason) as gap_reason
    from cells
    group by all
),

school_totals as (
    select * from dimension_totals
    qualify row_number() over (
        partition by {{ same_place | join(', ') }}, school_geoid
        order by denominator_count desc nulls last, (dimension_reported = 'All Students') desc, dimension_reported asc
    ) = 1
),

groups as (
    select * from school_totals
    union all by name
    select * from cells
    where race_ethnicity_code not in ('all', 'suppressed_at_source') or stratum_type <> 'all'
),

summed as (
    select
        {{ same_place | join(', ') }},
        {{ same_group | join(', ') }},
        sum(proficient_count) as proficient_count,
        sum(denominator_count) as denominator_count,
        max(gap_reason) filter (gap_reason <> 'suppressed_by_state') as gap_reason
    from groups
    group by all
),

-- The share of the place's students whom the rows of a dimension show. What they leave out has no size and cannot be bounded.
covered as (
    select
        *,
        max(denominator_count) filter (race_ethnicity_code = 'all' and stratum_type = 'all') over of_place as whole,
        case
            when whole > 0 and (race_ethnicity_code <> 'all' or stratum_type <> 'all')
                then 100 * least(coalesce(sum(denominator_count) over of_dimension, 0) / whole, 1)
        end as place_coverage_pct
    from summed
    window
        of_place as (partition by {{ same_place | join(', ') }}),
        of_dimension as (partition by {{ same_place | join(', ') }}, stratum_type, race_ethnicity_code = 'all')
),

with_status as (
    select
        *,
        case
            when denominator_count is not null then 'computed'
            when gap_reason is not null then 'not_collected'
            else 'suppressed_at_source'
        end as value_status
    from covered
),

final as (
    select
        counted.measure_id,
        1 as measure_version,
        {{ school_figure_columns('counted', 'contracts') }},
        case counted.value_status when 'computed' then null when 'not_collected' then counted.gap_reason else counted.value_status end
            as status_reason,
        counted.proficient_count as numerator,
        counted.denominator_count as denominator,
        counted.place_coverage_pct
    from with_status as counted
    inner join {{ ref('stg_receipts__agreements') }} as contracts on counted.source = contracts.source
)

select * from final
