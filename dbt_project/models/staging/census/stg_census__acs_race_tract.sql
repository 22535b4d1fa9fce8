-- one row per 2010 tract and concept line: the people whom the line estimates, with their margin of error
with
typed as (
    select * from {{ source('landing', 'census__acs_race_tract') }}
),

contract as (
    {{ contract_of('census__acs_race_tract') }}
),

estimates as (
    {{ unpivoted('typed', columns=['tract_geoid', '_load_id'], names='column_name', values='population', pattern='^b03002_\\d{3}$') }}
),

margins as (
    {{ unpivoted('typed', columns=['tract_geoid'], names='column_name', values='moe', pattern='^b03002_\\d{3}_moe$') }}
),

conformed as (
    select
        'census__acs_race_tract' as source,
        contract.jurisdiction,
        estimates._load_id,
        estimates.tract_geoid,
        vocabularies.race_standard,
        concepts.race_ethnicity_code,
        concepts.age_universe,
        cast(estimates.population as double) as population,
        cast(margins.moe as double) as moe
    from estimates
    inner join {{ ref('census_concepts') }} as concepts
        on concepts.concepts = 'acs_b03002' and estimates.column_name = concepts.column_name
    left join margins on estimates.tract_geoid = margins.tract_geoid and concepts.margin_column = margins.column_name
    left join {{ source('receipts', 'vocabularies') }} as vocabularies on vocabularies.vocabulary = 'census_pl94171'
    left join contract on true
)

select * from conformed
