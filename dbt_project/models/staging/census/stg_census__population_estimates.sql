-- one row per county, July 1, age group and column of the file: the people who live there, of the newest vintage
with
typed as (
    select * from {{ source('landing', 'census__population_estimates') }}
),

contract as (
    {{ contract_row('census__population_estimates') }}
),

columns_as_rows as (
    {{ unpivoted(
        'typed', columns=['_load_id', 'vintage', 'state_code', 'county_code', 'year_code', 'age_group'],
        names='column_name', values='population', pattern='^(tot_pop|[a-z]+_(male|female))$'
    ) }}
),

conformed as (
    select
        'census__population_estimates' as source,
        contract.jurisdiction,
        estimates._load_id,
        estimates.vintage,
        estimates.state_code || estimates.county_code as county_geoid,
        -- 2 is July 1 of the census year
        make_date(estimates.vintage - estimates.vintage % 10 + estimates.year_code - 2, 7, 1) as reference_on,
        estimates.age_group,
        estimates.column_name,
        vocabularies.race_standard,
        concepts.race_ethnicity_code,
        cast(estimates.population as double) as population
    from columns_as_rows as estimates
    inner join {{ ref('population_estimate_columns') }} as concepts on estimates.column_name = concepts.column_name
    left join {{ source('receipts', 'vocabularies') }} as vocabularies on vocabularies.vocabulary = 'census_pl94171'
    left join contract on true
    -- 1 is the census base of April 1
    where estimates.year_code >= 2
)

select * from conformed
