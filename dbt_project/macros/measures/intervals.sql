{# A value and how far off its logarithm is, as an interval at z standard errors. #}
{% macro log_interval(value, error) -%}
    { 'low': {{ value }} * exp(-z * {{ error }}), 'high': {{ value }} * exp(z * {{ error }}) }
{%- endmacro %}


{#
    Limits of an interval over clusters or years, rounded outward: they are functions of schools and counts that the public file does not show,
    and a rounded one is true of many of them. Two digits are kept (limit_digits of measure_rules).
#}
{% macro rounded_down(limit) -%}
    floor({{ limit }} / {{ limit_step(limit) }} + 1e-9) * {{ limit_step(limit) }}
{%- endmacro %}

{% macro rounded_up(limit) -%}
    ceil({{ limit }} / {{ limit_step(limit) }} - 1e-9) * {{ limit_step(limit) }}
{%- endmacro %}

{% macro limit_of(limit, side) -%}
    case when is_clustered or overdispersion is not null then {{ rounded_down(limit) if side == 'low' else rounded_up(limit) }} else {{ limit }} end
{%- endmacro %}

{% macro limit_step(limit) -%}
    pow(10.0, floor(log10(nullif(abs({{ limit }}), 0)) + 1e-9) + 1 - {{ rule('limit_digits') }})
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
