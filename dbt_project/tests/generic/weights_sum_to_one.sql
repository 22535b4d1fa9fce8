{% test weights_sum_to_one(model) %}
{{ weights_sum_to_one_check(model) }}
{% endtest %}
