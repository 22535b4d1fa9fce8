{# A sum whose last digits do not depend on the order in which rows arrive, so that the same deliveries make the same release. #}
{% macro sum_in_order(column) -%}
    list_sum(list_sort(list({{ column }})))
{%- endmacro %}
