{# One row if two relations do not have the same number of rows: on the way from one to the other some fell out or were doubled. #}
{% macro equal_row_count_check(relation, other) -%}
    select *
    from (select (select count(*) from {{ relation }}) as row_count, (select count(*) from {{ other }}) as other_row_count)
    where row_count <> other_row_count
{%- endmacro %}
