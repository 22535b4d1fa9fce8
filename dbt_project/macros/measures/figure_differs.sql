{# Whether two figures differ in nine digits, as `levelground releases diff` compares: another order of a sum is no change. #}
{% macro figure_differs(one, other) -%}
    coalesce(abs({{ one }} - {{ other }}) > 1e-9 * greatest(abs({{ one }}), abs({{ other }})), false)
{%- endmacro %}
