-- one row per population scheme, place, race and age universe
with
population as (
    select * from {{ ref('int_population__tabulated') }}
),

final as (
    select
        'pl_2020' as population_scheme,
        geography_type,
        geography_vintage,
        geoid,
        race_standard,
        race_ethnicity_code,
        age_universe,
        population,
        -- a full count has no sampling error
        cast(null as double) as moe,
        source
    from population
)

select * from final
