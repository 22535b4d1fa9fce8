{% test maps_overlap(model) %}
{{ maps_overlap_check(model) }}
{% endtest %}
