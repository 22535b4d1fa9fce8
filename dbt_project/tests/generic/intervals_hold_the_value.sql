{% test intervals_hold_the_value(model) %}
{{ intervals_hold_the_value_check(model) }}
{% endtest %}
