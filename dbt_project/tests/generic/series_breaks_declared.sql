{% test series_breaks_declared(model, measures) %}
{{ series_breaks_declared_check(model, measures) }}
{% endtest %}
