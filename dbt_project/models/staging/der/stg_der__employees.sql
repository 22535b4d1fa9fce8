-- one row per snapshot and position held on its date
with
typed as (
    select * from {{ source('landing', 'der__employees') }}
),

contract as (
    {{ contract_row('der__employees') }}
),

renamed as (
    select
        'der__employees' as source,
        contract.jurisdiction,
        typed._record_hash,
        typed._load_id,
        typed._source_file,
        typed._source_row,
        {{ snapshot_on() }} as occurred_on,
        contract.collection_mode,
        typed.race_ethnicity,
        coalesce(nullif(sexes.stratum_code, ''), nullif(sexes.missing_reason, ''), typed.sex_missing_reason, 'not_mapped') as sex_code,
        typed.sex as sex_reported,
        typed.age_band,
        typed.department_code as employing_department_code,
        typed.department_name as employing_department_name,
        typed.job_code,
        typed.job_title,
        typed.job_family,
        typed.eeo4_level as eeo4_level_code,
        typed.pay_group,
        typed.full_time_equivalent,
        typed.standard_hours,
        typed.annual_pay as annual_pay_usd,
        typed.annual_pay_missing_reason,
        typed.job_entered_on,
        typed.hired_on
    from typed
    left join contract on true
    left join {{ ref('stratum_crosswalk') }} as sexes
        on sexes.vocabulary = 'der_sex' and {{ normalised('sexes.reported_label') }} = {{ normalised('typed.sex') }}
),

conformed as (
    {{ race_conformed('renamed', 'renamed.race_ethnicity', "'eeo4_hr'", 'renamed.occurred_on') }}
)

select * from conformed
