{% test valid_goal(model, measures=none) %}
{{ valid_goal_check(model, measures) }}
{% endtest %}
