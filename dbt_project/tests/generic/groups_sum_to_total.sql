{% test groups_sum_to_total(model, value, by) %}
{{ groups_sum_to_total_check(model, value, by) }}
{% endtest %}
