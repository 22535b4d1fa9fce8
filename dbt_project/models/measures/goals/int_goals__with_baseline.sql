-- one row per goal and period: the figures, those of the baseline, the expected value, and groups that got worse
{{ goal_comparisons(ref('int_goals__with_figures')) }}
