-- one row per peer of the city: a city of the seed with about as many residents
with
-- the seed lists cities with the residents of one year; a delivered figure of that year replaces its own
populations as (
    select places.* replace (coalesce(cast(delivered.population as bigint), places.population) as population)
    from {{ ref('place_populations') }} as places
    left join {{ ref('stg_census__place_populations') }} as delivered
        on places.geoid = delivered.place_geoid and places.year = year(delivered.reference_on)
),

city as (
    select
        populations.geoid,
        populations.population
    from populations
    inner join {{ ref('stg_receipts__settings') }} as receipts on populations.geoid = receipts.city_geoid
),

final as (
    select
        populations.geoid,
        populations.name,
        populations.state,
        populations.population,
        concat(
            {{ rule('peer_population_low') }}, ' to ', {{ rule('peer_population_high') }}, ' times the ', city.population, ' residents of ',
            populations.year
        ) as peer_rule
    from populations
    cross join city
    where
        populations.geoid <> city.geoid
        and populations.population
        between {{ rule('peer_population_low') }} * city.population and {{ rule('peer_population_high') }} * city.population
        -- the sample cities are peers of one another alone
        and starts_with(populations.geoid, '99') = starts_with(city.geoid, '99')
)

select * from final
