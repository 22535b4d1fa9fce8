-- one row per year and place: foreclosures, of privately owned parcels; tracts as delivered, the city as their sum, districts by the bridge
with
parts as (
    select * from {{ ref('int_foreclosures__aggregated') }}
),

-- Counts are moved, rates are recomputed from moved counts. A place with a tract whose row was withdrawn has neither part. The fit is the
-- worst by which more than a share of the parcels come.
moved as (
    select
        source,
        jurisdiction,
        period_start,
        period_end,
        geography_type,
        geography_vintage,
        geoid,
        count(numerator) < count(*) as has_withdrawn,
        case when not has_withdrawn then {{ sum_in_order('numerator') }} end as numerator,
        case when not has_withdrawn then {{ sum_in_order('denominator') }} end as denominator,
        {{ rule('fit_worst_share') }} / 100 as worst_share,
        sum(denominator) filter (where fit_quality = 'poor') / sum(denominator) as poor_share,
        sum(denominator) filter (where fit_quality in ('poor', 'fair')) / sum(denominator) as fair_share
    from parts
    group by all
),

-- each tract is a part of the city too
pieces as (
    select
        * exclude (tract_geoid, fit_quality, denominator),
        numerator is null as has_withdrawn,
        case when not has_withdrawn then denominator end as denominator,
        tract_geoid as piece_tract_geoid,
        'place_weighted' as method
    from parts
    where geography_type = 'city'
),

-- pieces are weighed by who lives there, in the years that a base serves
united as (
    select
        * exclude (worst_share, poor_share, fair_share),
        case
            when geography_type in ('city', 'tract') then 'counted'
            when poor_share > worst_share then 'estimated_poor'
            when fair_share > worst_share then 'estimated_fair'
            else 'estimated_good'
        end as population_fit,
        cast(null as varchar) as piece_tract_geoid,
        'aggregate' as method
    from moved
    union all by name
    select pieces.*
    from pieces
    {{ joined_base(usual_population(), "'total'", 'pieces.geography_type', "'spd15_1997'", 'pieces.period_start') }}
    where pieces.period_start between bases.valid_from and bases.valid_to
),

final as (
    select
        'foreclosures_per_1000_parcels' as measure_id,
        1 as measure_version,
        * exclude (has_withdrawn),
        'year' as period_type,
        {{ without_race() }},
        {{ without_stratum() }},
        case when has_withdrawn then 'not_collected' when denominator is null then 'no_denominator' else 'computed' end as value_status,
        case when has_withdrawn then 'withdrawn' when denominator is null then 'not_collected' end as status_reason
    from united
)

select * from final
