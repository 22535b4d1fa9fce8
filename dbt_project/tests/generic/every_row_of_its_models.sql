{# For a fact that `rows_of_fact` makes: it has as many rows as all models that name it together. #}
{% test every_row_of_its_models(model, fact) %}
{{ equal_row_count_check(model, '(' ~ rows_of_fact(fact, {'source': 'varchar'}) ~ ')') }}
{% endtest %}
