{# The columns that name the values of which an index is made. #}
{% macro index_columns(prefix='') -%}
    {%- for column in index_column_names() -%}
        {{ prefix ~ '.' if prefix }}{{ column }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{% macro same_index(left, right) -%}
    {{ same_columns(left, right, index_column_names()) }}
{%- endmacro %}


{% macro index_column_names() -%}
    {{ return([
        'measure_id', 'measure_version', 'period_type', 'period_start', 'geography_type', 'geography_vintage', 'geoid',
        'race_standard', 'method',
    ]) }}
{%- endmacro %}
