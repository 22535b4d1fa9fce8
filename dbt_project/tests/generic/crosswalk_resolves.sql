{% test crosswalk_resolves(model) %}
{{ crosswalk_resolves_check(model, ref('race_ethnicity')) }}
{% endtest %}
