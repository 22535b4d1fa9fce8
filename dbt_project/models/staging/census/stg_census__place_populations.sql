-- one row per city and year: its residents on July 1
with
typed as (
    select * from {{ source('landing', 'census__place_populations') }}
),

contract as (
    {{ contract_row('census__place_populations') }}
),

conformed as (
    select
        'census__place_populations' as source,
        contract.jurisdiction,
        places._load_id,
        places.state_code || places.place_code as place_geoid,
        make_date(places.year, 7, 1) as reference_on,
        places.place_name,
        cast(places.population as double) as population
    from typed as places
    left join contract on true
)

select * from conformed
