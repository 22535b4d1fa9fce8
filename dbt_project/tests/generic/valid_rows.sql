{% test valid_rows(model, keys, never_empty=[], words={}) %}
    {{ valid_rows_check(model, keys, never_empty, words) }}
{% endtest %}
