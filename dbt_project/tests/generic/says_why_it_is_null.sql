{% test says_why_it_is_null(model) %}
{{ says_why_it_is_null_check(model) }}
{% endtest %}
