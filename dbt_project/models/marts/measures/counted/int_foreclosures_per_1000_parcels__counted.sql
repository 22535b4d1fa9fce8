-- one row per year and place: foreclosures, of privately owned parcels; tracts as delivered, other places by the bridge
with
delivered as (
    select * from {{ ref('fct_foreclosures_by_tract') }}
),

-- A tract without a foreclosure has no row and tells no parcels (DCD-01). Parcels hardly change from year to year: it keeps those of
-- the last year that told them, or else of the next. A tract that never had one has no denominator.
known as (
    select
        *,
        coalesce(
            private_parcels_count,
            last_value(private_parcels_count ignore nulls) over (
                partition by tract_geoid order by period_start rows between unbounded preceding and current row
            ),
            first_value(private_parcels_count ignore nulls) over (
                partition by tract_geoid order by period_start rows between current row and unbounded following
            )
        ) as parcels_count
    from delivered
),

tracts as (
    select
        source,
        jurisdiction,
        period_start,
        period_end,
        'tract' as geography_type,
        tract_vintage as geography_vintage,
        tract_geoid as geoid,
        cast(foreclosures_count as double) as numerator,
        cast(parcels_count as double) as denominator
    from known
),

-- counts move, rates are made anew of what has moved; a year is put on the maps that were in force in it
moved as (
    select
        tracts.source,
        tracts.jurisdiction,
        tracts.period_start,
        tracts.period_end,
        bridge.to_type as geography_type,
        bridge.to_vintage as geography_vintage,
        bridge.to_geoid as geoid,
        {{ sum_in_order('tracts.numerator * bridge.weight') }} as numerator,
        {{ sum_in_order('tracts.denominator * bridge.weight') }} as denominator
    from tracts
    inner join {{ ref('bridge_geography') }} as bridge
        on
            tracts.geography_type = bridge.from_type
            and tracts.geography_vintage = bridge.from_vintage
            and tracts.geoid = bridge.from_geoid
    inner join {{ ref('geography_vintages') }} as vintages
        on bridge.to_type = vintages.geography_type and bridge.to_vintage = vintages.geography_vintage
    where
        bridge.to_type in ('city', 'aldermanic_district', 'police_district')
        and bridge.to_geoid <> 'outside'
        and coalesce(vintages.valid_from, tracts.period_start) <= tracts.period_end
        and coalesce(vintages.valid_to, tracts.period_end) >= tracts.period_start
    group by all
),

-- Each tract is a piece of the city too, weighed by who lives there, in the years that the census of 2020 serves.
united as (
    select
        *,
        cast(null as varchar) as piece_tract_geoid,
        'aggregate' as method
    from tracts
    union all
    select
        *,
        cast(null as varchar) as piece_tract_geoid,
        'aggregate' as method
    from moved
    union all
    select
        tracts.* replace (
            'city' as geography_type, 'current' as geography_vintage, tracts.jurisdiction as geoid
        ),
        tracts.geoid as piece_tract_geoid,
        'place_weighted' as method
    from tracts
    inner join {{ ref('population_schemes') }} as schemes
        on schemes.population_scheme = 'pl_2020' and tracts.period_start between schemes.valid_from and schemes.valid_to
),

final as (
    select
        'foreclosures_per_1000_parcels' as measure_id,
        1 as measure_version,
        *,
        'year' as period_type,
        {{ without_race() }},
        {{ without_stratum() }},
        case when denominator is null then 'no_denominator' else 'computed' end as value_status,
        case when denominator is null then 'not_collected' end as status_reason
    from united
)

select * from final
