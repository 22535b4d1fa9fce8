{#
    Whether a row of the publication plan applies to a row of a measure; `*` is every place, period or stratum. Of a city's own type of
    place the row of the equivalent type applies.
#}
{% macro matches_plan_row(row, planned) -%}
    {{ row }}.measure_id = {{ planned }}.measure_id
        and {{ planned }}.geography_type in ({{ planned_type(row ~ '.geography_type') }}, '*')
    {%- for column in ['period_type', 'stratum_type'] %}
        and {{ planned }}.{{ column }} in ({{ row }}.{{ column }}, '*')
    {%- endfor %}
{%- endmacro %}
