{% test null_has_status_reason(model) %}
{{ null_has_status_reason_check(model) }}
{% endtest %}
