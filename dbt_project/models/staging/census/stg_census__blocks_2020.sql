-- one row per census block and concept column: the people whom the column counts, with its race and age universe
with
typed as (
    select * from {{ source('landing', 'census__blocks_2020') }}
),

contract as (
    {{ contract_row('census__blocks_2020') }}
),

counts as (
    {{ unpivoted('typed', columns=['block_geoid', 'aldermanic_district_2012', 'ward_2021', '_load_id'], names='column_name',
        values='population', pattern='^(pop|vap)(_[a-z]+)?$') }}
),

conformed as (
    select
        'census__blocks_2020' as source,
        contract.jurisdiction,
        counts._load_id,
        counts.block_geoid,
        left(counts.block_geoid, 11) as tract_geoid,
        coalesce(nullif(counts.aldermanic_district_2012, '0'), 'outside') as aldermanic_district_geoid,
        counts.ward_2021 as ward,
        vocabularies.race_standard,
        concepts.race_ethnicity_code,
        concepts.age_universe,
        cast(counts.population as double) as population
    from counts
    inner join {{ ref('census_concepts') }} as concepts
        on concepts.concepts = 'census_concepts' and counts.column_name = concepts.column_name
    left join {{ source('receipts', 'vocabularies') }} as vocabularies on vocabularies.vocabulary = 'census_pl94171'
    left join contract on true
)

select * from conformed
