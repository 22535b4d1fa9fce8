{% test small_counts_hidden(model, columns, threshold) %}
{{ small_counts_hidden_check(model, columns, threshold) }}
{% endtest %}
