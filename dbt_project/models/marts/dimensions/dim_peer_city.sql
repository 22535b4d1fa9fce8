-- one row per peer of the city: a city of the seed with about as many residents
with
populations as (
    select * from {{ ref('place_populations') }}
),

own as (
    select
        populations.geoid,
        populations.population
    from populations
    inner join {{ ref('stg_receipts__settings') }} as settings on populations.geoid = settings.city_geoid
),

final as (
    select
        populations.geoid,
        populations.name,
        populations.state,
        populations.population,
        concat(
            {{ rule('peer_population_low') }}, ' to ', {{ rule('peer_population_high') }}, ' times the ', own.population, ' residents of ',
            populations.year
        ) as peer_rule
    from populations
    cross join own
    where
        populations.geoid <> own.geoid
        and populations.population
        between {{ rule('peer_population_low') }} * own.population and {{ rule('peer_population_high') }} * own.population
        -- the sample cities are peers of one another alone
        and starts_with(populations.geoid, '99') = starts_with(own.geoid, '99')
)

select * from final
