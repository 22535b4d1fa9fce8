-- one row per place and concept line: the labor force that the line estimates, with its margin of error
with
typed as (
    select * from {{ source('landing', 'census__labor_force') }}
),

contract as (
    {{ contract_of('census__labor_force') }}
),

estimates as (
    {{ unpivoted('typed', columns=['place_geoid', '_load_id'], names='column_name', values='population', pattern='^clf_\\d{3}$') }}
),

margins as (
    {{ unpivoted('typed', columns=['place_geoid'], names='column_name', values='moe', pattern='^clf_\\d{3}_moe$') }}
),

conformed as (
    select
        'census__labor_force' as source,
        contract.jurisdiction,
        estimates._load_id,
        estimates.place_geoid,
        vocabularies.race_standard,
        concepts.race_ethnicity_code,
        concepts.age_universe,
        cast(estimates.population as double) as population,
        cast(margins.moe as double) as moe
    from estimates
    inner join {{ ref('census_concepts') }} as concepts
        on concepts.concepts = 'acs_labor_force' and estimates.column_name = concepts.column_name
    left join margins on estimates.place_geoid = margins.place_geoid and concepts.margin_column = margins.column_name
    left join {{ source('receipts', 'vocabularies') }} as vocabularies on vocabularies.vocabulary = 'census_pl94171'
    left join contract on true
)

select * from conformed
