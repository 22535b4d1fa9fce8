{# The combinations of columns that stand in more than one row, NULL being a value like any other. #}
{% macro unique_grain_check(relation, columns) -%}
    select {{ columns | join(', ') }}, count(*) as row_count
    from {{ relation }}
    group by all
    having count(*) > 1
{%- endmacro %}
