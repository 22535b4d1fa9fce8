{% test unique_grain(model, columns) %}
{{ unique_grain_check(model, columns) }}
{% endtest %}
