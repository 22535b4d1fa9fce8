-- one row per case
{{ config(meta={'row_by_row': true}) }}
with
typed as (
    select * from {{ source('landing', 'mmc__court_cases') }}
),

contract as (
    {{ contract_row('mmc__court_cases') }}
),

renamed as (
    select
        'mmc__court_cases' as source,
        contract.jurisdiction,
        typed._record_hash,
        typed._load_id,
        typed._source_file,
        typed._source_row,
        cast(typed.violated_at as date) as occurred_on,
        typed.violated_at as court_case_at,
        typed.case_number,
        typed.address,
        typed.address_missing_reason,
        typed.longitude,
        typed.latitude,
        typed.violation as violation_reported,
        -- the law that was broken, before the first comma; its name behind it is written in several ways (MMC-04)
        replace(nullif({{ normalised("split_part(typed.violation, ',', 1)") }}, ''), ' ', '_') as violation_code,
        typed.case_type as case_type_reported,
        coalesce(
            nullif(case_types.stratum_code, ''), nullif(case_types.missing_reason, ''), typed.case_type_missing_reason, 'not_mapped'
        ) as case_type_code,
        typed.finding as finding_reported,
        coalesce(nullif(findings.stratum_code, ''), nullif(findings.missing_reason, ''), typed.finding_missing_reason, 'not_mapped')
            as finding_code
    from typed
    left join contract on true
    left join {{ ref('stratum_crosswalk') }} as case_types
        on
            case_types.vocabulary = 'mmc_case_type'
            and {{ normalised('case_types.reported_label') }} = {{ normalised('typed.case_type') }}
    left join {{ ref('stratum_crosswalk') }} as findings
        on findings.vocabulary = 'mmc_finding' and {{ normalised('findings.reported_label') }} = {{ normalised('typed.finding') }}
)

select * from renamed
