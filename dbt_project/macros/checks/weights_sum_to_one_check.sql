{# The source zones whose weights to a map do not sum to 1, to 1e-6, or hold one that is no share: moved counts would change. #}
{% macro weights_sum_to_one_check(relation) -%}
    select from_type, from_vintage, from_geoid, to_type, to_vintage, sum(weight) as total, min(weight) as smallest
    from {{ relation }}
    group by all
    having coalesce(abs(sum(weight) - 1) > 1e-6, true) or coalesce(min(weight) < 0, true)
{%- endmacro %}
