-- one row per known issue of a source that residents should know
{# quality.data_issues has the name data_issues, and names are unique in dbt. #}
{{ config(alias='data_issues') }}
with
sources as (
    select * from {{ ref('sources') }}
),

final as (
    select
        issues.issue_id,
        issues.source,
        issues.summary
    from {{ ref('public_data_issues') }} as issues
    inner join sources on issues.source = sources.source
)

select * from final
order by all
