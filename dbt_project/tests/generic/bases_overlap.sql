{% test bases_overlap(model) %}
{{ bases_overlap_check(model) }}
{% endtest %}
