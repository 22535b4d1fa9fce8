{# The grain of a measure without race_ethnicity_code: the columns that the groups of one comparison share. #}
{% macro slice_columns() -%}
    {{ return([
        'measure_id', 'measure_version', 'period_type', 'period_start', 'geography_type', 'geography_vintage', 'geoid',
        'race_standard', 'tabulation', 'method', 'stratum_type', 'stratum_code',
    ]) }}
{%- endmacro %}


{% macro slice(prefix='') -%}
    {%- for column in slice_columns() -%}
        {{ prefix ~ '.' if prefix }}{{ column }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{% macro same_slice(left, right) -%}
    {{ same_columns(left, right, slice_columns()) }}
{%- endmacro %}


{# The columns that name a figure, in the order of the released tables: the grain of a measure, the end of its period, its jurisdiction. #}
{% macro named_figure_columns() -%}
    measure_id,
        measure_version,
        period_type,
        period_start,
        period_end,
        geography_type,
        geography_vintage,
        geoid,
        race_standard,
        race_ethnicity_code,
        tabulation,
        method,
        stratum_type,
        stratum_code,
        jurisdiction
{%- endmacro %}
