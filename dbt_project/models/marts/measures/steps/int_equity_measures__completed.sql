-- one row per measure, period, place, race and stratum: what was counted, and the groups in which nobody was
with
counted as (
    select * from {{ ref('int_equity_measures__counted') }}
),

slices as (
    select
        {{ slice() }},
        source,
        jurisdiction,
        period_end,
        max(geocoded_pct) as geocoded_pct,
        bool_or(bridged) as bridged,
        max(denominator) as whole,
        bool_or(race_ethnicity_code <> 'all' and value_status = 'suppressed_at_source') as hides_a_race
    from counted
    where piece_tract_geoid is null
    group by all
    having bool_or(race_ethnicity_code <> 'all')
),

vocabularies as (
    select
        source,
        unnest(string_split(race_vocabulary, ', ')) as vocabulary
    from {{ ref('stg_receipts__contracts') }}
),

offered as (
    select distinct
        vocabularies.source,
        crosswalk.race_ethnicity_code
    from vocabularies
    inner join {{ ref('race_ethnicity_crosswalk') }} as crosswalk on vocabularies.vocabulary = crosswalk.vocabulary
    where crosswalk.race_ethnicity_code is not null
),

-- Three things that an absent group can be: nobody (its label exists and was not used), hidden (its label may stand behind a
-- suppressed cell), or never asked about (a category of the standard without a label in this vocabulary).
absent as (
    select
        slices.*,
        races.race_ethnicity_code,
        case
            when measures.kind = 'composition' then slices.whole
            when measures.kind = 'proportion' then 0.0
        end as denominator,
        case
            when offered.race_ethnicity_code is null then 'not_collected'
            when slices.hides_a_race then 'suppressed_at_source'
            else 'computed'
        end as value_status
    from slices
    cross join {{ ref('race_ethnicity') }} as races
    inner join {{ ref('dim_measure') }} as measures
        on slices.measure_id = measures.measure_id and slices.measure_version = measures.measure_version
    left join offered
        on slices.source = offered.source and races.race_ethnicity_code = offered.race_ethnicity_code
    left join counted
        on {{ same_slice('slices', 'counted') }} and races.race_ethnicity_code = counted.race_ethnicity_code
    where
        counted.race_ethnicity_code is null
        and slices.tabulation = 'exclusive'
        and measures.kind in ('proportion', 'composition', 'rate', 'count')
        -- a record of 2024 codes under the 1997 standard: who is MENA there is counted as white, so that none is no count of anybody
        and (slices.race_standard <> 'spd15_1997' or races.is_in_spd15_1997)
        and (
            offered.race_ethnicity_code is not null
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
        * exclude (whole, hides_a_race),
        case when value_status = 'not_collected' then 'not_in_vocabulary' when value_status <> 'computed' then value_status end
            as status_reason,
        case when value_status = 'computed' then 0.0 end as numerator
    from absent
)

select * from final
