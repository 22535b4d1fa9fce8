-- one row per person who died and whose death the Medical Examiner investigated
with
typed as (
    select * from {{ source('landing', 'mcme__deaths') }}
),

contract as (
    {{ contract_row('mcme__deaths') }}
),

renamed as (
    select
        'mcme__deaths' as source,
        contract.jurisdiction,
        typed._record_hash,
        typed._load_id,
        typed._source_file,
        typed._source_row,
        typed.died_on as occurred_on,
        contract.collection_mode,
        typed.race_ethnicity,
        -- "22 Years", "1 Year"; who died in the first year has months, days, hours or minutes
        case
            when regexp_matches(typed.age_reported, '^[0-9]{1,3} Years?$')
                then cast(regexp_extract(typed.age_reported, '^[0-9]+') as bigint)
            when regexp_matches(typed.age_reported, '^[0-9]+ (Months?|Days?|Hrs?|Mins?)( |$)') then 0
        end as age_years,
        case
            when typed.age_reported is null then typed.age_reported_missing_reason
            when age_years is null then 'invalid'
        end as age_years_missing_reason,
        coalesce(sexes.stratum_code, typed.sex_missing_reason, 'not_mapped') as sex_code,
        typed.manner as manner_reported,
        typed.death_type as death_type_reported
    from typed
    left join contract on true
    left join {{ ref('stratum_crosswalk') }} as sexes
        on sexes.vocabulary = 'medical_examiner_sex' and {{ normalised('sexes.reported_label') }} = {{ normalised('typed.sex') }}
),

conformed as (
    {{ race_conformed('renamed', 'renamed.race_ethnicity', "'medical_examiner'", 'renamed.occurred_on') }}
)

select * from conformed
