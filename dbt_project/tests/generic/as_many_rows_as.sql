{% test as_many_rows_as(model, other) %}
{{ as_many_rows_as_check(model, other) }}
{% endtest %}
