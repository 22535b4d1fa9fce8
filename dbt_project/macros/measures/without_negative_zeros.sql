{#
    The rows of a relation with 0.0 where a figure is -0.0, which IEEE arithmetic makes of a zero and a negative number: two files with
    equal figures would differ, and readers would see "-0". Every mart of figures ends with it; a test reads all columns of both files.
#}
{% macro without_negative_zeros(relation, columns) -%}
    select
        * replace (
            {%- for column in columns %}
            {{ column }} + 0.0 as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        )
    from {{ relation }}
{%- endmacro %}


{# The numeric columns of a row of measures that are computed. #}
{% macro figure_columns() -%}
    {{ return([
        'numerator', 'denominator', 'value', 'ci_low', 'ci_high', 'reference_value', 'rate_ratio', 'rate_ratio_ci_low', 'rate_ratio_ci_high',
        'rate_difference', 'rate_difference_ci_low', 'rate_difference_ci_high', 'known_race_pct', 'geocoded_pct', 'place_coverage_pct',
        'bound_low', 'bound_high', 'rate_ratio_bound_low', 'rate_ratio_bound_high', 'period_coverage_pct',
    ]) }}
{%- endmacro %}
