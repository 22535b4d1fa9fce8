{% test equal_row_count(model, other) %}
{{ equal_row_count_check(model, other) }}
{% endtest %}
