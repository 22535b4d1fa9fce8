-- one row per 2020 tract, race and age universe: its people, and sums of squares over its blocks: how unevenly they live in it
with
blocks as (
    select * from {{ ref('stg_census__blocks_2020') }}
),

compared as (
    select
        source,
        tract_geoid,
        race_standard,
        race_ethnicity_code,
        age_universe,
        population,
        max(population) filter (where race_ethnicity_code = 'all') over (
            partition by block_geoid, race_standard, age_universe
        ) as everybody,
        max(population) filter (where age_universe = '18_and_over') over (
            partition by block_geoid, race_standard, race_ethnicity_code
        ) as adults
    from blocks
),

final as (
    select
        source,
        tract_geoid,
        race_standard,
        race_ethnicity_code,
        age_universe,
        sum(population) as population,
        sum(everybody) as everybody,
        sum(pow(population, 2)) as population_squares,
        sum(population * everybody) as population_by_everybody,
        sum(pow(everybody, 2)) as everybody_squares,
        sum(pow(population - adults, 2)) filter (where age_universe = 'total') as children_squares,
        sum((population - adults) * population) filter (where age_universe = 'total') as children_by_population
    from compared
    group by all
)

select * from final
