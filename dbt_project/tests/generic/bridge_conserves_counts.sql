{% test bridge_conserves_counts(model, bridge, value, by) %}
{{ bridge_conserves_counts_check(model, bridge, value, by) }}
{% endtest %}
