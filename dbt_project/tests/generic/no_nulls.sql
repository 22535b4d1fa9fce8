{% test no_nulls(model, columns) %}
{{ no_nulls_check(model, columns) }}
{% endtest %}
