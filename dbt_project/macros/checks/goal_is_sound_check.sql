{# The goals that cannot be judged as they are written: a target that is not ahead of the baseline, a date that is not after it, a group
   compared with itself or with nobody, an example that does not call itself one, a measure that is no such measure. #}
{% macro goal_is_sound_check(relation) -%}
    select goal_id
    from {{ relation }}
    where
        target_on <= baseline_period_start
        or case direction when 'higher' then target_value <= baseline_value else target_value >= baseline_value end
        or (target_group = 'all') <> (comparison_group is null)
        or target_group = comparison_group
        or (comparison_group is null and comparison_baseline_value is not null)
        or (is_example and title not like 'Example: %')
{%- endmacro %}
