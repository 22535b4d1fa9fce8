-- one row per tract, place on a map without census counts, population scheme, race and age universe: people moved there
{#
    The variance of a part of a cut tract (docs/methods.md, Interpolated populations): factor² · w(1 − w) · Σ over blocks of squares.
    The squares of a group's share of everybody and of its share of children need the share of the whole place, so they stay in parts.
#}
with
tabulated as (
    select * from {{ ref('int_population__tabulated') }}
),

counted_maps as (
    select distinct
        population_scheme,
        geography_type,
        geography_vintage
    from tabulated
),

dispersed as (
    select
        *,
        population_squares / nullif(pow(population, 2), 0) as concentration
    from {{ ref('int_population__block_dispersion') }}
),

-- for tracts whose blocks are not delivered: the ACS is of the tracts of 2010
typical as (
    select
        race_standard,
        race_ethnicity_code,
        age_universe,
        median(concentration) as concentration
    from dispersed
    group by all
),

-- Delivered blocks are those of the city: the people of their tracts live on its side of the limits.
city_sources as (
    select distinct source
    from dispersed
),

moved as (
    select
        tracts.* exclude (geography_type, geography_vintage, geoid, population, moe),
        tracts.geoid as tract_geoid,
        tracts.population as tract_population,
        weights.to_type as geography_type,
        weights.to_vintage as geography_vintage,
        weights.to_geoid as geoid,
        case weights.weight_basis when 'area' then 'area' else 'address' end as weight_basis,
        case when city_sources.source is null then weights.fit_quality else weights.city_fit_quality end as fit_quality,
        case when city_sources.source is null then weights.weight else weights.city_weight end as part,
        part * tracts.population as population,
        part * tracts.moe as moe,
        part * (1 - part) as dispersion
    from tabulated as tracts
    left join city_sources on tracts.source = city_sources.source
    inner join {{ ref('int_places__with_fit_quality') }} as weights
        on
            tracts.geography_type = weights.from_type
            and tracts.geography_vintage = weights.from_vintage
            and tracts.geoid = weights.from_geoid
    anti join counted_maps
        on
            tracts.population_scheme = counted_maps.population_scheme
            and weights.to_type = counted_maps.geography_type
            and weights.to_vintage = counted_maps.geography_vintage
    where tracts.geography_type = 'tract' and part > 0
),

final as (
    select
        moved.population_scheme,
        moved.geography_type,
        moved.geography_vintage,
        moved.geoid,
        moved.tract_geoid,
        moved.race_standard,
        moved.race_ethnicity_code,
        moved.age_universe,
        moved.source,
        moved.fit_quality,
        moved.tract_population,
        moved.population,
        moved.moe,
        moved.dispersion
        * pow(case moved.race_ethnicity_code when 'all' then calibrated.everybody_factor else calibrated.group_factor end, 2)
        * coalesce(dispersed.population_squares, pow(moved.tract_population, 2) * coalesce(typical.concentration, 1))
            as population_variance,
        moved.dispersion * pow(calibrated.share_factor, 2) * dispersed.population_squares as population_squares,
        moved.dispersion * pow(calibrated.share_factor, 2) * dispersed.population_by_everybody as population_by_everybody,
        moved.dispersion * pow(calibrated.share_factor, 2) * dispersed.everybody_squares as everybody_squares,
        moved.dispersion * pow(calibrated.share_factor, 2) * dispersed.children_squares as children_squares,
        moved.dispersion * pow(calibrated.share_factor, 2) * dispersed.children_by_population as children_by_population
    from moved
    inner join {{ ref('int_population__error_factors') }} as calibrated on moved.weight_basis = calibrated.weight_basis
    left join dispersed
        on
            {{ same_columns('moved', 'dispersed', ['source', 'tract_geoid', 'race_standard', 'race_ethnicity_code', 'age_universe']) }}
    left join typical
        on
            moved.race_standard = typical.race_standard
            and moved.race_ethnicity_code = typical.race_ethnicity_code
            and moved.age_universe = typical.age_universe
)

select * from final
