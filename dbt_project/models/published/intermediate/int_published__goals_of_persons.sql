-- one row per goal of persons and reported period: its progress, computed from figures as they were reported
with
figures as (
    {{ goal_figures(ref('stg_disclosure__reported')) }}
),

comparisons as (
    {{ goal_comparisons('figures') }}
),

statuses as (
    {{ goal_statuses('comparisons') }}
),

final as (
    select statuses.*
    from statuses
    inner join {{ ref('dim_goal') }} as goals on statuses.goal_id = goals.goal_id
    inner join {{ ref('int_disclosure__thresholds') }} as protected
        on goals.measure_id = protected.measure_id and goals.measure_version = protected.measure_version
    where protected.is_confidential and protected.may_be_published and statuses.status is not null
)

select * from final
