-- one row per tested child and calendar year, with the highest result of the year
{{ config(meta={'row_by_row': true}) }}
with
typed as (
    select * from {{ source('landing', 'mhd__lead_tests') }}
),

contract as (
    {{ contract_row('mhd__lead_tests') }}
),

renamed as (
    select
        'mhd__lead_tests' as source,
        contract.jurisdiction,
        typed._record_hash,
        typed._load_id,
        typed._source_file,
        typed._source_row,
        typed.tested_on as occurred_on,
        contract.collection_mode,
        typed.race_ethnicity,
        typed.age_months,
        typed.sample_type as sample_type_reported,
        typed.lead_ug_dl as result_ug_dl,
        typed.lead_ug_dl_missing_reason as result_ug_dl_missing_reason,
        definitions.case_definition_version,
        definitions.threshold_ug_dl,
        -- at the threshold is elevated
        typed.lead_ug_dl >= definitions.threshold_ug_dl as is_elevated,
        typed.address,
        typed.address_missing_reason
    from typed
    left join contract on true
    left join {{ ref('lead_case_definitions') }} as definitions
        on typed.tested_on between definitions.valid_from and definitions.valid_to
),

conformed as (
    {{ race_conformed('renamed', 'renamed.race_ethnicity', "'wi_dhs'", 'renamed.occurred_on') }}
)

select * from conformed
