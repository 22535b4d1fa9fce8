{% test unambiguous_crosswalk(model) %}
{{ unambiguous_crosswalk_check(model, ref('race_ethnicity')) }}
{% endtest %}
