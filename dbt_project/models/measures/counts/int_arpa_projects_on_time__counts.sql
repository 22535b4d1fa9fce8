-- one row per reporting period and place, or part of one: projects completed by their planned day, of those whose day had come
with
projects as (
    select
        source,
        jurisdiction,
        'snapshot' as period_type,
        period_end as period_start,
        period_end,
        {{ piece_columns() }},
        {{ without_race() }},
        {{ without_stratum() }},
        coalesce(completed_on <= planned_completion_on, false) as is_on_time
    from {{ ref('fct_arpa_projects') }}
    -- what was cancelled will not be completed, late or not
    where planned_completion_on <= period_end and project_status_code <> 'cancelled'
),

with_place as (
    {{ by_place(
        'projects', 'arpa_projects_on_time',
        {'numerator': 'cast(count(*) filter (is_on_time) as double)', 'denominator': 'cast(count(*) as double)'}, records='1'
    ) }}
),

final as (
    select
        'arpa_projects_on_time' as measure_id,
        1 as measure_version,
        *
    from with_place
)

select * from final
