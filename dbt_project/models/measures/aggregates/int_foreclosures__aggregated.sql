-- one row per year and tract, city and part of a district: foreclosures and privately owned parcels; the city keeps all of a tract
with
delivered as (
    select * from {{ ref('fct_foreclosures_by_tract') }}
),

-- A tract without a foreclosure has no row, so its parcels are missing (DCD-01). Parcels hardly change from year to year: the tract
-- keeps those of the last year with a row, or else of the next. A tract that never had one has no denominator.
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
        tract_geoid,
        cast(foreclosures_count as double) as numerator,
        cast(parcels_count as double) as denominator
    from known
),

-- every parcel of the file is the city's: a tract is divided among the districts that hold a part of it, and nothing leaves the city
weights as (
    select
        *,
        weight / {{ sum_in_order("weight", over="(partition by from_geoid, to_type, to_vintage)") }} as city_weight
    from {{ ref('bridge_geography') }}
    where
        from_type = 'tract'
        and from_vintage = '2020'
        and to_type in ({{ equivalent_type_names(['aldermanic_district', 'police_district']) }})
        and to_geoid <> 'outside'
),

parts as (
    select
        tracts.* exclude (geography_type, geography_vintage, geoid, numerator, denominator),
        weights.to_type as geography_type,
        weights.to_vintage as geography_vintage,
        weights.to_geoid as geoid,
        weights.fit_quality,
        weights.city_weight * tracts.numerator as numerator,
        weights.city_weight * tracts.denominator as denominator
    from tracts
    inner join weights on tracts.geoid = weights.from_geoid and tracts.geography_vintage = weights.from_vintage
    -- a year is put on the maps that were in force in it
    inner join {{ ref('geography_vintages') }} as vintages
        on weights.to_type = vintages.geography_type and weights.to_vintage = vintages.geography_vintage
    where
        coalesce(vintages.valid_from, tracts.period_start) <= tracts.period_end
        and coalesce(vintages.valid_to, tracts.period_end) >= tracts.period_start
    union all by name
    select
        tracts.* replace ('city' as geography_type, 'current' as geography_vintage, tracts.jurisdiction as geoid),
        'exact' as fit_quality
    from tracts
),

final as (
    select
        tract_geoid,
        source,
        jurisdiction,
        period_start,
        period_end,
        geography_type,
        geography_vintage,
        geoid,
        fit_quality,
        numerator,
        denominator
    from parts
    union all by name
    select
        *,
        'exact' as fit_quality
    from tracts
)

select * from final
