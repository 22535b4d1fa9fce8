-- one row per person killed, of the newest register; race is what its editors found out
with
typed as (
    select * from {{ source('landing', 'fpc__fatal_shootings') }}
),

contract as (
    {{ contract_row('fpc__fatal_shootings') }}
),

renamed as (
    select
        'fpc__fatal_shootings' as source,
        contract.jurisdiction,
        typed._record_hash,
        typed._load_id,
        typed._source_file,
        typed._source_row,
        typed.killed_on as occurred_on,
        typed.covers_from as period_start,
        typed.released_on as period_end,
        contract.collection_mode,
        typed.race_ethnicity,
        typed.age as age_years,
        typed.age_missing_reason as age_years_missing_reason,
        coalesce(sexes.stratum_code, typed.gender_missing_reason, 'not_mapped') as sex_code,
        typed.municipality as municipality_reported,
        typed.state as state_reported
    from typed
    left join contract on true
    -- M and F until 2018, words later
    left join {{ ref('stratum_crosswalk') }} as sexes
        on sexes.vocabulary = 'press_register_sex' and {{ normalised('sexes.reported_label') }} = {{ normalised('typed.gender') }}
),

conformed as (
    {{ race_conformed('renamed', 'renamed.race_ethnicity', "'press_register'", 'renamed.occurred_on') }}
)

select * from conformed
