-- one row per place, tract, race and age universe: the people who live in both
with
blocks as (
    select
        counted.*,
        schemes.population_scheme
    from {{ ref('stg_census__blocks_2020') }} as counted
    inner join {{ ref('population_schemes') }} as schemes on counted.source = schemes.source
),

places as (
    select * from {{ ref('int_blocks__assigned') }}
    where geography_type <> 'tract'
),

-- where blocks carry the code, by their own counts
counted as (
    select
        places.geography_type,
        places.geography_vintage,
        places.geoid,
        '2020' as tract_vintage,
        blocks.tract_geoid,
        blocks.race_standard,
        blocks.race_ethnicity_code,
        blocks.age_universe,
        blocks.population_scheme,
        sum(blocks.population) as population
    from blocks
    inner join places on blocks.block_geoid = places.block_geoid
    group by all
),

-- tracts of the earlier census hold what the bridge gives them of today's
moved as (
    select
        counted.geography_type,
        counted.geography_vintage,
        counted.geoid,
        bridge.to_vintage as tract_vintage,
        bridge.to_geoid as tract_geoid,
        counted.race_standard,
        counted.race_ethnicity_code,
        counted.age_universe,
        counted.population_scheme,
        {{ sum_in_order("counted.population * bridge.city_weight") }} as population
    from counted
    inner join {{ ref('int_places__weights') }} as bridge
        on
            counted.tract_vintage = bridge.from_vintage
            and counted.tract_geoid = bridge.from_geoid
            and bridge.from_type = 'tract'
            and bridge.to_type = 'tract'
            and bridge.to_vintage = '2010'
    where counted.geography_type = 'city' and bridge.city_weight > 0
    group by all
),

-- of a corrected map, whose codes no longer count, what the bridge gives it of each tract
people as (
    select
        tract_geoid,
        race_standard,
        race_ethnicity_code,
        age_universe,
        population_scheme,
        sum(population) as population
    from blocks
    group by all
),

corrected as (
    select
        bridge.to_type as geography_type,
        bridge.to_vintage as geography_vintage,
        bridge.to_geoid as geoid,
        '2020' as tract_vintage,
        people.tract_geoid,
        people.race_standard,
        people.race_ethnicity_code,
        people.age_universe,
        people.population_scheme,
        people.population * bridge.city_weight as population,
        false as is_counted
    from people
    inner join {{ ref('int_places__weights') }} as bridge
        on bridge.from_type = 'tract' and bridge.from_vintage = '2020' and people.tract_geoid = bridge.from_geoid
    inner join {{ ref('geography_vintages') }} as maps
        on
            bridge.to_type = maps.geography_type
            and bridge.to_vintage = maps.geography_vintage
            and maps.block_code is not null
    inner join {{ ref('stg_receipts__corrected_maps') }} as accepted on maps.boundary_source = accepted.source
    where bridge.city_weight > 0
),

united as (
    select
        *,
        true as is_counted
    from counted
    union all by name
    select
        *,
        true as is_counted
    from moved
    union all by name
    select * from corrected
)

select * from united
