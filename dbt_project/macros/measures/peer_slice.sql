{# The columns by which cities are compared: measure, period and group. #}
{% macro peer_slice(relation) -%}
    {{ relation }}.measure_id,
        {{ relation }}.measure_version,
        {{ relation }}.period_type,
        {{ relation }}.period_start,
        {{ relation }}.race_ethnicity_code
{%- endmacro %}


{# Whether a row is of the newest version and period of its measure and kind of period, among the rows of a relation. #}
{% macro is_newest_peer_row(relation) -%}
    ({{ relation }}.measure_version, {{ relation }}.period_start) = max(({{ relation }}.measure_version, {{ relation }}.period_start)) over (
            partition by {{ relation }}.measure_id, {{ relation }}.period_type
        )
{%- endmacro %}


{# Whether two rows are of cities to compare. #}
{% macro same_peer_slice(left, right) -%}
    {{ left }}.measure_id = {{ right }}.measure_id
        and {{ left }}.measure_version = {{ right }}.measure_version
        and {{ left }}.period_type = {{ right }}.period_type
        and {{ left }}.period_start = {{ right }}.period_start
        and {{ left }}.race_ethnicity_code = {{ right }}.race_ethnicity_code
{%- endmacro %}
