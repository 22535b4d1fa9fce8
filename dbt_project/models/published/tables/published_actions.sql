-- one row per program of the city that works on what a measure shows, with the recovery money of its project where there is one
{# A seed has the name actions, and names are unique in dbt. #}
{{ config(alias='actions') }}
with
projects as (
    select
        projects.project_id,
        projects.adopted_budget_usd,
        projects.spent_usd,
        projects.period_end
    from {{ ref('fct_arpa_projects') }} as projects
    inner join {{ ref('dim_source') }} as sources
        on projects.source = sources.source and sources.classification = 'public'
    qualify row_number() over (partition by projects.project_id order by projects.period_end desc) = 1
),

final as (
    select
        actions.action_id,
        actions.measure_id,
        actions.program,
        actions.department,
        actions.status,
        cast(projects.adopted_budget_usd as double) as budget_usd,
        cast(projects.spent_usd as double) as spent_usd,
        projects.period_end as money_on,
        actions.link,
        actions.updated_on
    from {{ ref('actions') }} as actions
    inner join {{ ref('dim_measure') }} as measures on actions.measure_id = measures.measure_id and measures.is_current
    left join projects on actions.arpa_project_id = projects.project_id
)

select * from final
order by all
