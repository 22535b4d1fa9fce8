-- one row per condition, year and 2010 tract
with
typed as (
    select * from {{ source('landing', 'mhd__chronic_disease') }}
),

contract as (
    {{ contract_row('mhd__chronic_disease') }}
),

conditions as (
    select * from {{ ref('health_conditions') }}
),

conformed as (
    select
        'mhd__chronic_disease' as source,
        contract.jurisdiction,
        typed._record_hash,
        typed._load_id,
        typed._source_file,
        typed._source_row,
        typed.condition as condition_reported,
        coalesce(conditions.condition_code, 'not_mapped') as condition_code,
        conditions.age_universe,
        make_date(typed.year, 1, 1) as period_start,
        make_date(typed.year, 12, 31) as period_end,
        'tract' as geography_type,
        -- the dashboard kept the tracts of 2010 in all its years (MHD-02)
        '2010' as geography_vintage,
        typed.tract_geoid as geoid,
        typed.estimate_pct,
        typed.estimate_pct_missing_reason,
        -- 0.0 is no estimate where all three are 0.0 (MHD-03); below an estimate it is a bound
        {%- for bound in ['estimate_pct_low', 'estimate_pct_high'] %}
        case
            when typed.estimate_pct is null then null
            when typed.{{ bound }} is null and typed.{{ bound }}_missing_reason = 'not_applicable' then 0
            else typed.{{ bound }}
        end as {{ bound }},
        {%- endfor %}
        typed.is_unstable,
        typed.data_origin
    from typed
    left join contract on true
    left join conditions on {{ normalised('typed.condition') }} = {{ normalised('conditions.reported_label') }}
)

select * from conformed
