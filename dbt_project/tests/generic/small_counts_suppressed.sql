{% test small_counts_suppressed(model, columns, threshold) %}
{{ small_counts_suppressed_check(model, columns, threshold) }}
{% endtest %}
