{# A fit as an ordered type, worst first: the least of several is the worst. Its values read and compare as the same texts. #}
{% macro ordered_fit(column) -%}
    cast({{ column }} as enum ('poor', 'fair', 'good', 'exact'))
{%- endmacro %}
