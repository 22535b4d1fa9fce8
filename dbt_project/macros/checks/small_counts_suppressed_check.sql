{#
    The rows of a public table that show a count of persons from 1 to below the threshold, or show one on a suppressed row, or hide one on a
    published row.
#}
{% macro small_counts_suppressed_check(relation, columns, threshold) -%}
    select *
    from {{ relation }}
    where
        {%- for column in columns %}
        ({{ column }} >= 1 and {{ column }} < {{ threshold }})
        or ({{ column }} is null) = (publication_status = 'published')
        {{ 'or' if not loop.last }}
        {%- endfor %}
{%- endmacro %}
