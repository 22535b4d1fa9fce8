-- one row per tested child and calendar year, with the highest result of the year
with
tests as (
    {{ rows_over_time(ref('stg_mhd__lead_tests'), 'fct_lead_tests') }}
),

placed as (
    {{ place_conformed('tests', on_date='tests.occurred_on', address='address') }}
),

final as (
    select
        {{ event_columns('lead_test', has_key=true) }},
        occurred_on,
        {{ place_columns() }},
        {{ race_columns() }},
        age_months,
        sample_type_reported,
        result_ug_dl,
        result_ug_dl_missing_reason,
        case_definition_version,
        threshold_ug_dl,
        is_elevated,
        address,
        address_missing_reason,
        address_standard,
        match_stage
    from placed
)

select * from final
