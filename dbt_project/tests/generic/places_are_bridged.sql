{% test places_are_bridged(model, places) %}
{{ places_are_bridged_check(model, places) }}
{% endtest %}
