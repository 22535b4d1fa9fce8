{% test standards_stay(model) %}
{{ standards_stay_check(model) }}
{% endtest %}
