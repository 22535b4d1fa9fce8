-- one row per goal and period from its baseline on: the figures of the target and the comparison group, or why there is none
{{ goal_figures(ref('fct_equity_measures')) }}
