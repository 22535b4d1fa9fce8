-- one row per case of the municipal court, on the day of the violation
with
cases as (
    {{ rows_over_time(ref('stg_mmc__court_cases'), 'fct_court_cases') }}
),

placed as (
    {{ place_conformed('cases', on_date='cases.occurred_on', address='address', longitude='longitude', latitude='latitude') }}
),

final as (
    select
        {{ event_columns('court_case', has_key=true) }},
        occurred_on,
        court_case_at,
        {{ place_columns() }},
        case_number,
        case_type_code,
        case_type_reported,
        violation_code,
        violation_reported,
        finding_code,
        finding_reported,
        address,
        address_missing_reason,
        address_standard,
        match_stage,
        longitude as longitude_reported,
        latitude as latitude_reported
    from placed
)

select * from final
