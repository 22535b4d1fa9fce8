{# The least share of expected events, in percent, with which a rate of a period of this type is published. #}
{% macro min_period_coverage_rule(period_type) -%}
    case
                when {{ period_type }} in ('month', 'quarter') then {{ rule('min_period_coverage_month') }}
                else {{ rule('min_period_coverage') }}
            end
{%- endmacro %}
