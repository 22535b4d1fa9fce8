-- one row per stratum of a published figure, with its label and order
{# A seed has the name strata, and names are unique in dbt. #}
{{ config(alias='strata') }}
with
figures as (
    select distinct
        stratum_type,
        stratum_code
    from {{ ref('equity_measures') }}
),

final as (
    select
        figures.stratum_type,
        figures.stratum_code,
        strata.label,
        strata.sort_order
    from figures
    left join {{ ref('dim_stratum') }} as strata
        on figures.stratum_type = strata.stratum_type and figures.stratum_code = strata.stratum_code
)

select * from final
order by all
