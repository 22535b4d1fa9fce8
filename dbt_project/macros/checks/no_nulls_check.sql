{# The rows in which one of the columns is NULL, and which. #}
{% macro no_nulls_check(relation, columns) -%}
    {%- for column in columns %}
    select '{{ column }}' as empty_column, count(*) as row_count
    from {{ relation }}
    where {{ column }} is null
    having count(*) > 0
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
