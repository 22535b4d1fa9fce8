{# A value and how far off its logarithm is, as an interval at z standard errors. #}
{% macro log_interval(value, error) -%}
    { 'low': {{ value }} * exp(-z * {{ error }}), 'high': {{ value }} * exp(z * {{ error }}) }
{%- endmacro %}


{#
    The coefficient of variation of a population: its margin of error, and what interpolating it may be off, which add as squares and
    enter a rate by the delta method. NULL where it is counted.
#}
{% macro population_cv(population) -%}
    case
            when population_moe is not null or interpolation_cv is not null
                then sqrt(
                    coalesce(pow({{ stats('moe_to_se') }}(population_moe) / {{ population }}, 2), 0)
                    + coalesce(pow(interpolation_cv, 2), 0)
                )
        end
{%- endmacro %}
