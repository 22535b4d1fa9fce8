{# The columns that say whose figure, of which place and window, a row of published figures is. #}
{% macro published_figure_columns() -%}
    measure_id,
        source,
        jurisdiction,
        period_type,
        geography_type,
        geography_vintage,
        geoid,
        period_start,
        period_end,
        race_standard,
        race_ethnicity_code,
        tabulation,
        stratum_type,
        stratum_code
{%- endmacro %}
