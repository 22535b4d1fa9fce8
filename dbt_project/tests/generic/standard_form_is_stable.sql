{% test standard_form_is_stable(model) %}
{{ standard_form_is_stable_check(model) }}
{% endtest %}
