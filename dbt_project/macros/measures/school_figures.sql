{# The group of a figure of schools: its race, or its stratum of another dimension. #}
{% macro school_group() -%}
    {{ return(['race_ethnicity_code', 'stratum_type', 'stratum_code']) }}
{%- endmacro %}


{#
    The columns that every measure of schools begins with, of rows with a `place` and the agreement of their source. `counted`, `agreement`:
    the names of these relations.
#}
{% macro school_figure_columns(counted, agreement) -%}
    {{ counted }}.source,
        {{ counted }}.jurisdiction,
        'school_year' as period_type,
        {{ counted }}.period_start,
        {{ counted }}.period_end,
        {{ counted }}.place.geography_type,
        'current' as geography_vintage,
        {{ counted }}.place.geoid,
        {{ agreement }}.race_standard,
        {%- for column in school_group() %}
        {{ counted }}.{{ column }},
        {%- endfor %}
        'aggregate' as method,
        {{ counted }}.value_status
{%- endmacro %}
