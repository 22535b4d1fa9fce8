-- one row per scheme, place that the census itself counts, race and age universe
with
blocks as (
    select * from {{ ref('stg_census__blocks_2020') }}
),

block_places as (
    select * from {{ ref('int_blocks__assigned') }}
),

estimates as (
    select * from {{ ref('stg_census__acs_race_tract') }}
),

labor_force as (
    select * from {{ ref('stg_census__labor_force') }}
),

-- on every map whose code the blocks carry they are added up, not moved
counted as (
    select
        block_places.geography_type,
        block_places.geography_vintage,
        block_places.geoid,
        blocks.race_standard,
        blocks.race_ethnicity_code,
        blocks.age_universe,
        sum(blocks.population) as population,
        -- a full count has no sampling error
        cast(null as double) as moe,
        blocks.source
    from blocks
    inner join block_places on blocks.block_geoid = block_places.block_geoid
    group by all
),

tracts as (
    select
        'tract' as geography_type,
        cast(null as varchar) as geography_vintage,
        tract_geoid as geoid,
        race_standard,
        race_ethnicity_code,
        age_universe,
        population,
        moe,
        source
    from estimates
),

-- the file holds all tracts of the county that it covers
county as (
    select
        {{ jurisdiction_type('jurisdiction') }} as geography_type,
        'current' as geography_vintage,
        jurisdiction as geoid,
        race_standard,
        race_ethnicity_code,
        age_universe,
        sum(population) as population,
        {{ margin_of_sum('population', 'moe') }} as moe,
        source
    from estimates
    group by all
),

-- Staff is counted by form EEO-4, which has one box for Asian and Pacific Islander: so are those who could be hired.
hirable as (
    select
        {{ jurisdiction_type('place_geoid') }} as geography_type,
        'current' as geography_vintage,
        place_geoid as geoid,
        race_standard,
        case when race_ethnicity_code in ('asian', 'nhpi') then 'asian_or_nhpi' else race_ethnicity_code end as race_ethnicity_code,
        age_universe,
        sum(population) as population,
        {{ margin_of_sum('population', 'moe') }} as moe,
        source
    from labor_force
    where place_geoid = jurisdiction
    group by all
),

united as (
    select * from counted
    union all
    select * from tracts
    union all
    select * from county
    union all
    select * from hirable
    union all by name
    select * from {{ ref('int_population__yearly') }}
),

-- a source has one scheme, or one per year
tabulated as (
    select
        schemes.population_scheme,
        united.* replace (coalesce(united.geography_vintage, schemes.tract_vintage) as geography_vintage)
    from united
    inner join {{ ref('population_schemes') }} as schemes
        on united.source = schemes.source and coalesce(united.reference_on, schemes.reference_on) = schemes.reference_on
)

select * exclude (reference_on) from tabulated
