-- one row per goal and period from its baseline on
{{ goal_statuses(ref('int_goals__with_baseline')) }}
