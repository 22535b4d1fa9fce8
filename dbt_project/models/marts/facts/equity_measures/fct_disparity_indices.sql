-- one row per measure, version, period, place, race standard, method and index: one figure for the gaps between all groups
with
estimated as (
    select
        *,
        case when method = 'place_weighted' then denominator_share else denominator end as weight,
        value_status = 'computed' and reliability <> 'unreliable' and not has_few_events
        and race_kind in ('category', 'combination') and weight > 0 as is_used
    from {{ ref('int_equity_measures__compared') }}
    where
        tabulation = 'exclusive'
        and stratum_type = 'all'
        and race_kind in ('category', 'combination', 'combined_legacy')
        and kind in ('proportion', 'rate', 'estimate')
        -- figures of a publisher: some groups are hidden and others overlap, so that no index holds all gaps
        and (kind <> 'estimate' or method = 'place_weighted')
        and not hides_a_race
        and coalesce(known_race_pct, 100) >= {{ rule('known_race_for_ratio') }}
),

indices as (
    {{ index_values('estimated') }}
),

-- who lives apart from whom: each group against everybody else, over the tracts of the city
tracts as (
    select
        estimated.measure_id,
        estimated.measure_version,
        estimated.period_type,
        estimated.period_start,
        'city' as geography_type,
        'current' as geography_vintage,
        estimated.jurisdiction as geoid,
        estimated.race_standard,
        estimated.method,
        estimated.race_ethnicity_code,
        list(estimated.numerator order by estimated.geoid) as group_counts,
        list(greatest(estimated.denominator - estimated.numerator, 0) order by estimated.geoid) as other_counts
    from {{ ref('int_equity_measures__compared') }} as estimated
    where
        estimated.measure_id = 'population_by_race'
        and estimated.geography_type = 'tract'
        and estimated.geoid <> 'outside'
        and estimated.stratum_type = 'all'
        and estimated.race_kind in ('category', 'combination')
        and estimated.value_status = 'computed'
    group by all
),

united as (
    select
        {{ index_columns() }},
        index_id,
        value,
        cast(null as double) as ci_low,
        cast(null as double) as ci_high,
        groups_used,
        groups_left_out
    from indices
    union all
    select
        {{ index_columns() }},
        concat('dissimilarity_', race_ethnicity_code) as index_id,
        {{ stats('dissimilarity') }}(group_counts, other_counts) as value,
        cast(null as double) as ci_low,
        cast(null as double) as ci_high,
        race_ethnicity_code as groups_used,
        cast(null as varchar) as groups_left_out
    from tracts
    where list_sum(group_counts) > 0 and list_sum(other_counts) > 0
),

plain as (
    {{ without_negative_zeros('united', ['value']) }}
),

final as (
    {{ with_labels('plain', has_group=false) }}
)

select * from final
