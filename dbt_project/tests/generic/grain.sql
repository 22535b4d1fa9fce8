{% test grain(model, columns) %}
{{ grain_check(model, columns) }}
{% endtest %}
