{% test successions_agree(model, contracts) %}
{{ successions_agree_check(model, contracts) }}
{% endtest %}
