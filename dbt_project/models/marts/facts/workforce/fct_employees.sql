-- one row per snapshot and position held on its date
with
delivered as (
    {{ rows_over_time(ref('stg_der__employees'), 'fct_employees') }}
),

employees as (
    {{ numbered('delivered', within='occurred_on') }}
),

final as (
    select
        {{ event_columns('employee', has_key=false, snapshot='occurred_on') }},
        occurred_on,
        {{ is_latest_snapshot('occurred_on', of='series_source') }} as is_latest_snapshot,
        {{ null_place_columns() }},
        {{ race_columns() }},
        sex_code,
        age_band,
        employing_department_code,
        employing_department_name,
        job_code,
        job_title,
        job_family,
        eeo4_level_code,
        pay_group,
        full_time_equivalent,
        standard_hours,
        annual_pay_usd,
        annual_pay_missing_reason,
        job_entered_on,
        hired_on
    from employees
)

select * from final
