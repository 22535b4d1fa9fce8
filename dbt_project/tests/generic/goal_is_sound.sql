{% test goal_is_sound(model, measures=none) %}
{{ goal_is_sound_check(model, measures) }}
{% endtest %}
