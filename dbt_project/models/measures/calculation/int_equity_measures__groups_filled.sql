-- one row per measure, period, place, race and stratum: counts, and zeros or reasons for the groups without one
with
counted as (
    select * from {{ ref('int_equity_measures__unioned') }}
),

slices as (
    select
        {{ slice() }},
        source,
        jurisdiction,
        period_end,
        bool_or(bridged) as bridged,
        max(denominator) as whole,
        bool_or((race_ethnicity_code <> 'all' and value_status in ('suppressed_at_source', 'bounded')) or place_coverage_pct < 100)
        -- a total with such a share counts every group with a cell, those of hidden cells too: one without a cell has no one
        and not bool_or(race_ethnicity_code = 'all' and place_coverage_pct is not null) as hides_a_race,
        bool_and(value_status = 'not_collected') as is_not_collected
    from counted
    where piece_tract_geoid is null
    group by all
    having bool_or(race_ethnicity_code <> 'all')
),

codes as (
    select * from {{ ref('int_sources__race_codes') }}
),

listed as (
    select distinct source from codes
    where is_offered
),

-- who recorded the period: the source that the measure names, or a successor with another list of answers
recorded as (
    select
        slices.*,
        coalesce(successions.successor, slices.source) as recorded_by
    from slices
    asof left join {{ ref('source_successions') }} as successions
        on slices.source = successions.source and slices.period_start >= successions.valid_from
),

-- An absent group is one of three things: zero (it was offered and not chosen), hidden (behind a suppressed cell, or in a
-- table that shows a part of the people), or not collected (a category of the standard that the source's list of answers does not contain).
absent as (
    select
        slices.* exclude (recorded_by),  -- noqa: RF02
        races.race_ethnicity_code,
        case measures.kind when 'composition' then slices.whole when 'proportion' then 0.0 end as denominator,
        case
            when not coalesce(codes.is_offered, false) or slices.is_not_collected then 'not_collected'
            when slices.hides_a_race then 'suppressed_at_source'
            else 'computed'
        end as value_status,
        case
            when codes.is_offered then case when slices.is_not_collected then 'not_collected' end
            when not coalesce(codes.is_mapped, false) then 'not_in_vocabulary'
            when listed.source is null then 'offered_not_stated'
            else 'not_offered'
        end as reason
    from recorded as slices
    cross join {{ ref('race_ethnicity') }} as races
    inner join {{ ref('dim_measure') }} as measures
        on slices.measure_id = measures.measure_id and slices.measure_version = measures.measure_version
    left join codes
        on slices.recorded_by = codes.source and races.race_ethnicity_code = codes.race_ethnicity_code
    left join listed
        on slices.recorded_by = listed.source
    left join counted
        on {{ same_slice('slices', 'counted') }} and races.race_ethnicity_code = counted.race_ethnicity_code
    where
        counted.race_ethnicity_code is null
        and slices.tabulation = 'exclusive'
        -- an adjusted rate of a group without events is none, and its count is in the crude row
        and slices.stratum_type <> 'adjustment'
        and measures.kind in ('proportion', 'composition', 'rate', 'count')
        -- a record of 2024 codes under the 1997 standard: who is MENA there is counted as white, so that none is no count of anybody
        and (slices.race_standard <> 'spd15_1997' or races.is_in_spd15_1997)
        and (
            coalesce(codes.is_offered, false)
            or (
                races.kind in ('category', 'combination')
                and case slices.race_standard when 'spd15_1997' then races.is_in_spd15_1997 else races.is_in_spd15_2024 end
            )
        )
),

final as (
    select * from counted
    union all by name
    select
        * exclude (whole, hides_a_race, is_not_collected, reason),
        case when value_status = 'not_collected' then reason when value_status <> 'computed' then value_status end as status_reason,
        case when value_status = 'computed' then 0.0 end as numerator
    from absent
)

select * from final
