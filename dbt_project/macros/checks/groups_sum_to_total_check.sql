{# The slices in which the race groups, missing reasons among them, do not sum to race `all`; a slice of `all` alone is no table. #}
{% macro groups_sum_to_total_check(relation, value, by) -%}
    select
        {{ by | join(', ') }},
        sum({{ value }}) filter (where race_ethnicity_code <> 'all') as groups,
        sum({{ value }}) filter (where race_ethnicity_code = 'all') as total
    from {{ relation }}
    group by all
    having
        count(*) filter (where race_ethnicity_code <> 'all') > 0
        and coalesce(abs(groups - total) > 1e-6, groups is distinct from total)
{%- endmacro %}
