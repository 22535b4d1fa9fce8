{# What differs between types of place that each cut up the whole city: the totals must be equal, to 1e-6. #}
{% macro equal_totals_across_maps_check(relation, value, by) -%}
    with
    by_type as (
        select {{ by | join(', ') }}, geography_type, geography_vintage, sum({{ value }}) as people
        from {{ relation }}
        group by all
    )

    select {{ by | join(', ') }}, min(people) as fewest, max(people) as most
    from by_type
    group by all
    having max(people) - min(people) > 1e-6
{%- endmacro %}
