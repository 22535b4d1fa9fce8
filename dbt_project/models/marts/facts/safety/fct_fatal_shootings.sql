-- one row per person shot and killed by police
with
deaths as (
    select * from {{ ref('stg_fpc__fatal_shootings') }}
),

-- the names of the city and its state, as addresses have them
names as (
    select word
    from {{ ref('address_words') }}
    where part = 'place'
),

final as (
    select
        {{ event_columns('fatal_shooting', has_key=true) }},
        deaths.occurred_on,
        deaths.period_start,
        deaths.period_end,
        {{ null_place_columns() }},
        {{ race_columns() }},
        deaths.sex_code,
        deaths.age_years,
        deaths.age_years_missing_reason,
        deaths.municipality_reported,
        deaths.state_reported,
        -- the register names the city of the death, and no better place for all; a city of this name in another state is another
        case
            when cities.word is not null and states.word is not null then city.city_geoid
            else 'outside'
        end as city_geoid
    from deaths
    cross join {{ ref('stg_receipts__settings') }} as city
    left join names as cities on upper(trim(deaths.municipality_reported)) = cities.word
    left join names as states on upper(trim(deaths.state_reported)) = states.word
)

select * from final
