{% test filled(model, columns) %}
{{ filled_check(model, columns) }}
{% endtest %}
