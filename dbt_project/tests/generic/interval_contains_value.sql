{% test interval_contains_value(model) %}
{{ interval_contains_value_check(model) }}
{% endtest %}
