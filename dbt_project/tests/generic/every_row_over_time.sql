{# For a fact that `rows_over_time` makes: it has as many rows as its staging models have, each in the time of its source. #}
{% test every_row_over_time(model, staged, fact) %}
{{ equal_row_count_check(model, '(' ~ rows_over_time(staged, fact) ~ ')') }}
{% endtest %}
