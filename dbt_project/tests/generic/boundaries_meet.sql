{% test boundaries_meet(model) %}
{{ boundaries_meet_check(model) }}
{% endtest %}
