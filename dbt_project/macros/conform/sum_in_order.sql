{#
    A sum whose last digits do not depend on the order in which rows arrive, so that the same deliveries make the same release.
    among: a condition on the rows that count · over: the window, for a sum that is repeated in each row
#}
{% macro sum_in_order(column, among=none, over=none) -%}
    list_sum(list_sort(list({{ column }}){{ " filter (where " ~ among ~ ")" if among }}{{ " over " ~ over if over }}))
{%- endmacro %}
