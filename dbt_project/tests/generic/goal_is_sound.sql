{% test goal_is_sound(model) %}
{{ goal_is_sound_check(model) }}
{% endtest %}
