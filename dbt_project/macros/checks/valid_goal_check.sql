{# Goals that can never get a status as they are written: a target that is not ahead of the baseline, a date that is not after it, a group
   compared with itself or with nothing, an example that does not call itself one. With the registry as `measures` also a part of a whole that is
   compared with a group: where one part grows another shrinks, which makes no group worse off. #}
{% macro valid_goal_check(relation, measures=none) -%}
    select goal_id
    from {{ relation }}
    where
        target_on <= baseline_period_start
        or case direction when 'higher' then target_value <= baseline_value else target_value >= baseline_value end
        or (target_group = 'all') <> (comparison_group is null and benchmark_value is null)
        or (comparison_group is not null and benchmark_value is not null)
        or target_group = comparison_group
        or (comparison_group is null and comparison_baseline_value is not null)
        or (is_example and title not like 'Example: %')
        {%- if measures %}
        or (
            comparison_group is not null
            and measure_id in (select measures.measure_id from {{ measures }} as measures where measures.kind = 'composition')
        )
        {%- endif %}
{%- endmacro %}
