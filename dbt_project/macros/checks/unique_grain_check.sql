{# Combinations of the columns that occur in more than one row; NULL counts as a value. #}
{% macro unique_grain_check(relation, columns) -%}
    select {{ columns | join(', ') }}, count(*) as row_count
    from {{ relation }}
    group by all
    having count(*) > 1
{%- endmacro %}
