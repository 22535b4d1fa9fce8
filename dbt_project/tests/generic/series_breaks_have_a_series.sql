{% test series_breaks_have_a_series(model) %}
{{ series_breaks_have_a_series_check(model) }}
{% endtest %}
