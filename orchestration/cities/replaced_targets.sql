-- one row per target of the published release that the seeds have no more, neither for now nor for an earlier time
select released.goal_id, released.target_value::double, released.due_on, goals.target_value, goals.target_on
from release.published.goals as released
inner join goals using (goal_id)
where (released.target_value, released.due_on) <> (try_cast(goals.target_value as double), try_cast(goals.target_on as date))
    and not exists (
        select 1 from goal_targets as earlier
        where earlier.goal_id = released.goal_id and try_cast(earlier.target_value as double) = released.target_value
            and try_cast(earlier.target_on as date) = released.due_on
    )
order by all
