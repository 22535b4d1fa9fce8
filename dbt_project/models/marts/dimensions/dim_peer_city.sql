-- one row per peer of the city: a city of the seed with about as many residents
with
populations as (
    select * from {{ ref('place_populations') }}
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
