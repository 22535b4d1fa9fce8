{#
    The rows of a relation, of which those of a period that the deliveries do not cover have no figure of any kind: a count of a part of a
    year is not that of the year. What was counted stays inside. relation: rows with their reference
#}
{% macro without_uncovered_periods(relation) -%}
    select
        * exclude (is_withheld) replace (
            {%- for column in [
                'value', 'ci_low', 'ci_high', 'ci_method', 'bound_low', 'bound_high', 'bound_source', 'rate_ratio_bound_low',
                'rate_ratio_bound_high', 'reference_value', 'reference_ci_low', 'reference_ci_high', 'reliability',
            ] %}
            case when not is_withheld then {{ column }} end as {{ column }},
            {%- endfor %}
            case when is_withheld then 'incomplete_inside' else value_status end as value_status,
            case when is_withheld then 'incomplete_inside' else status_reason end as status_reason,
            is_computable and not is_withheld as is_computable
        )
    from (
        select
            {{ relation }}.*,
            {{ relation }}.value_status in ('computed', 'no_denominator') and coalesce(not covered.is_complete, false) as is_withheld
        from {{ relation }}
        left join {{ ref('int_periods__coverage') }} as covered
            on {{ same_columns(relation, 'covered', ['source', 'period_type', 'period_start']) }}
    ) as withheld
{%- endmacro %}
