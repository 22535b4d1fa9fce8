-- one row per target that a goal had before that of now
{# A seed has the name goal_targets, and names are unique in dbt. #}
{{ config(alias='goal_targets') }}
with
targets as (
    select * from {{ ref('goal_targets') }}
),

goals as (
    select * from {{ ref('dim_goal') }}
),

final as (
    select
        targets.goal_id,
        targets.target_value,
        goals.unit,
        targets.target_on as due_on,
        targets.valid_from,
        targets.valid_to,
        targets.reason
    from targets
    inner join goals on targets.goal_id = goals.goal_id
)

select * from final
order by all
