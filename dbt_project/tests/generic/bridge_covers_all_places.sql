{% test bridge_covers_all_places(model, places) %}
{{ bridge_covers_all_places_check(model, places) }}
{% endtest %}
