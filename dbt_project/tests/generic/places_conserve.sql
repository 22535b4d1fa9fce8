{% test places_conserve(model, value, by) %}
{{ places_conserve_check(model, value, by) }}
{% endtest %}
