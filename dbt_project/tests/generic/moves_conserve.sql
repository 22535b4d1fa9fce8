{% test moves_conserve(model, bridge, value, by) %}
{{ moves_conserve_check(model, bridge, value, by) }}
{% endtest %}
