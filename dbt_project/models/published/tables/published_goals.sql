-- one row per goal of the city: what it is about, for whom, by when and who answers for it
{# A seed has the name goals, and names are unique in dbt. #}
{{ config(alias='goals') }}
with
baselines as (
    select
        goal_id,
        baseline_value
    from {{ ref('goal_progress') }}
    where publication_status = 'published'
    qualify row_number() over (partition by goal_id order by period_start desc) = 1
),

final as (
    select
        goals.goal_id,
        goals.title,
        goals.result,
        goals.note,
        goals.measure_id,
        goals.measure_version,
        goals.policy_area,
        [goals.target_group] as group_codes,
        goals.comparison_group as reference_code,
        goals.geography_type,
        goals.geography_vintage,
        goals.geoid,
        goals.period_type,
        goals.direction,
        goals.unit,
        goals.baseline_period_start,
        -- a stored baseline is a figure of the group: shown only where the progress of the goal shows it
        baselines.baseline_value,
        goals.target_value,
        goals.benchmark_value,
        goals.target_on as due_on,
        goals.owner,
        goals.owner_department,
        goals.is_example,
        goals.adopted_on,
        goals.council_file
    from {{ ref('dim_goal') }} as goals
    left join baselines on goals.goal_id = baselines.goal_id
)

select * from final
order by all
