{% test equal_totals_across_maps(model, value, by) %}
{{ equal_totals_across_maps_check(model, value, by) }}
{% endtest %}
