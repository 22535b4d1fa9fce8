{# Columns that match a pattern become rows: one row per row of the relation and such column, named and valued. #}
{% macro unpivoted(relation, columns, names, values, pattern) -%}
    select {{ columns | join(', ') }}, {{ names }}, {{ values }}
    from (unpivot {{ relation }} on columns('{{ pattern }}') into name {{ names }} value {{ values }})
{%- endmacro %}
