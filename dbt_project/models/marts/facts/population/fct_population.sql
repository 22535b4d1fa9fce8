-- one row per population scheme, place, race and age universe
with
tabulated as (
    select * from {{ ref('int_population__tabulated') }}
),

bridge as (
    select * from {{ ref('bridge_geography') }}
),

-- each scheme's tracts, and the maps on which it tells of nobody: there its people have to be moved
tracts as (
    select *
    from tabulated
    where geography_type = 'tract'
),

told_maps as (
    select distinct
        population_scheme,
        geography_type,
        geography_vintage
    from tabulated
),

parts as (
    select
        tracts.* exclude (geography_type, geography_vintage, geoid, population, moe),
        bridge.to_type as geography_type,
        bridge.to_vintage as geography_vintage,
        bridge.to_geoid as geoid,
        bridge.fit_quality,
        bridge.weight * tracts.population as population,
        bridge.weight * tracts.moe as moe
    from tracts
    inner join bridge
        on
            tracts.geography_type = bridge.from_type
            and tracts.geography_vintage = bridge.from_vintage
            and tracts.geoid = bridge.from_geoid
    anti join told_maps
        on
            tracts.population_scheme = told_maps.population_scheme
            and bridge.to_type = told_maps.geography_type
            and bridge.to_vintage = told_maps.geography_vintage
),

moved as (
    select
        * exclude (population, moe, fit_quality),
        {{ sum_in_order('population') }} as population,
        {{ margin_of_sum('population', 'moe') }} as moe
    from parts
    group by all
),

-- how well a place is known: the worst fit by which a tenth of its people come
shares as (
    select
        population_scheme,
        geography_type,
        geography_vintage,
        geoid,
        sum(population) as people,
        coalesce(sum(population) filter (where fit_quality = 'poor'), 0) as poor,
        coalesce(sum(population) filter (where fit_quality in ('poor', 'fair')), 0) as fair,
        coalesce(sum(population) filter (where fit_quality <> 'exact'), 0) as good
    from parts
    where race_ethnicity_code = 'all' and age_universe = 'total'
    group by all
),

fits as (
    select
        * exclude (people, poor, fair, good),
        case
            when poor > 0.1 * people then 'poor'
            when fair > 0.1 * people then 'fair'
            when good > 0.1 * people then 'good'
            else 'exact'
        end as fit_quality
    from shares
),

final as (
    select
        population_scheme,
        geography_type,
        geography_vintage,
        geoid,
        race_standard,
        race_ethnicity_code,
        age_universe,
        population,
        moe,
        source,
        false as is_moved,
        'exact' as fit_quality
    from tabulated
    union all by name
    select
        moved.*,
        true as is_moved,
        fits.fit_quality
    from moved
    inner join fits
        on
            moved.population_scheme = fits.population_scheme
            and moved.geography_type = fits.geography_type
            and moved.geography_vintage = fits.geography_vintage
            and moved.geoid = fits.geoid
)

select * from final
