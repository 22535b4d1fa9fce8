-- one row per reporting period and place, or part of one: projects completed by their planned day, of those whose day had come
with
-- what was cancelled will not be completed, late or not
projects as (
    {{ arpa_snapshots(
        'coalesce(completed_on <= planned_completion_on, false) as is_on_time',
        where="planned_completion_on <= period_end and project_status_code <> 'cancelled'"
    ) }}
),

final as (
    {{ counts_by_place(
        'projects', 'arpa_projects_on_time',
        {'numerator': 'cast(count(*) filter (is_on_time) as double)', 'denominator': 'cast(count(*) as double)'}, records='1'
    ) }}
)

select * from final
