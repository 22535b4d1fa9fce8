-- one row per project and reporting period
{{ config(meta={'row_by_row': true}) }}
with
typed as (
    select * from {{ source('landing', 'doa__arpa_projects') }}
),

contract as (
    {{ contract_row('doa__arpa_projects') }}
),

renamed as (
    select
        'doa__arpa_projects' as source,
        contract.jurisdiction,
        typed._record_hash,
        typed._load_id,
        typed._source_file,
        typed._source_row,
        cast(date_trunc('quarter', typed.period_ends_on) as date) as period_start,
        typed.period_ends_on as period_end,
        typed.project_id,
        typed.project_name,
        -- as text: 2.10 and 2.1 are two categories
        typed.category_code,
        typed.category_name as category_name_reported,
        typed.status as project_status_reported,
        coalesce(statuses.stratum_code, 'not_mapped') as project_status_code,
        typed.adopted_budget as adopted_budget_usd,
        typed.obligations_current as obligated_in_period_usd,
        typed.obligations_cumulative as obligated_usd,
        typed.expenditures_current as spent_in_period_usd,
        typed.expenditures_cumulative as spent_usd,
        -- `15 Dis Imp HHs and populations …`: the number is the code
        {%- for population in ['primary', 'second', 'third'] %}
        typed.{{ population }}_population as {{ population }}_population_reported,
        nullif(regexp_extract(typed.{{ population }}_population, '^\d+'), '') as {{ population }}_population_code,
        {%- endfor %}
        typed.address,
        typed.address_missing_reason,
        {{ code_from_number('typed.aldermanic_district') }} as aldermanic_district_reported,
        typed.planned_completion_on,
        typed.completed_on
    from typed
    left join contract on true
    left join {{ ref('stratum_crosswalk') }} as statuses
        on
            statuses.vocabulary = 'arpa_status'
            and {{ normalised('statuses.reported_label') }} = {{ normalised('typed.status') }}
)

select * from renamed
