{#
    Joins to each row the one with its expected share, which counts models return as stratum case_mix; those rows end here.
    observed: rows of measures · estimates: the relation with the expected ones
#}
{% macro joined_expected(observed, estimates) -%}
    left join (
        select
            {{ case_mix_columns() | join(', ') }},
            'all' as stratum_type,
            value
        from {{ estimates }}
        where stratum_type = 'case_mix'
    ) as expected on {{ same_columns(observed, 'expected', case_mix_columns() + ['stratum_type']) }}
    where {{ observed }}.stratum_type <> 'case_mix'
{%- endmacro %}


{% macro case_mix_columns() -%}
    {{ return(slice_columns() | reject('in', ['stratum_type', 'stratum_code']) | list + ['race_ethnicity_code']) }}
{%- endmacro %}


{% macro expected_columns() -%}
    {{ return(['expected_value', 'observed_expected_ratio', 'observed_expected_ci_low', 'observed_expected_ci_high']) }}
{%- endmacro %}


{#
    Observed over expected, indirectly standardized for the mix of cases: both are of the same records, so that the expected share has no
    error of its own, and the limits are those of the observed one (Breslow and Day 1987, section 2.3).
#}
{% macro observed_over_expected(shown='true') -%}
    {%- for name, column in [
        ('expected_value', 'expected_value'),
        ('observed_expected_ratio', 'value / nullif(expected_value, 0)'),
        ('observed_expected_ci_low', 'ci_low / nullif(expected_value, 0)'),
        ('observed_expected_ci_high', 'ci_high / nullif(expected_value, 0)'),
    ] %}
    case when {{ shown }} then {{ column }} end as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
