-- one row per declared period, place and offence: incident rows; one with several offences counts under each
with
incidents as (
    select
        {{ declared_period_and_place() }},
        unnest(list_concat(['all'], list_filter([
            {%- for offence in offences() %}
            case when is_{{ offence }} then '{{ offence }}' end{{ ',' if not loop.last }}
            {%- endfor %}
        ], lambda offence: offence is not null))) as stratum_code
    from {{ ref('fct_incidents') }}
),

tallied as (
    select
        *,
        case when stratum_code = 'all' then 'all' else 'offence' end as stratum_type,
        count(*) as incidents_count
    from incidents
    group by all
),

final as (
    {{ counts_by_place('tallied', 'incidents_per_1000', {'numerator': 'sum(incidents_count)'}, records='incidents_count') }}
)

select * from final
