{# Whether a row of the publication plan speaks of a row of a measure; `*` is every place, period or stratum. #}
{% macro matches_plan_row(row, planned) -%}
    {{ row }}.measure_id = {{ planned }}.measure_id
    {%- for column in ['geography_type', 'period_type', 'stratum_type'] %}
        and {{ planned }}.{{ column }} in ({{ row }}.{{ column }}, '*')
    {%- endfor %}
{%- endmacro %}
