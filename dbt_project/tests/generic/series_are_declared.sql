{% test series_are_declared(model, measures) %}
{{ series_are_declared_check(model, measures) }}
{% endtest %}
