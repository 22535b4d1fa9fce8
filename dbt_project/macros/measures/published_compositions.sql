{#
    Of a relation of published figures the counts of groups of a whole, which is the row of all, with the least and the most that each may be.
    A publisher that hides a part of a count gives its range; of a hidden group all is unknown.
#}
{% macro published_compositions(figures) -%}
    select
        *,
        race_ethnicity_code = 'all' as is_whole,
        max(value) filter (where is_whole) over whole as whole_value,
        max(bound_high) filter (where is_whole) over whole as whole_high,
        {{ sum_in_order('bound_low', among='not is_whole', over='whole') }} as groups_low,
        case when bound_kind = 'range' and bound_low < bound_high then bound_low end as numerator_low,
        case when bound_kind = 'range' and bound_low < bound_high then bound_high end as numerator_high,
        count(numerator_low) over whole > 0 and count(*) over whole = count(bound_low) over whole and not is_whole as has_bounds,
        -- the fewest of a group among the largest whole; all that the fewest of the other groups leave, people of unknown race included
        case when has_bounds then 100 * bound_low / whole_high end as share_low,
        case when has_bounds then 100 * greatest(1 - (groups_low - bound_low) / whole_high, value / whole_value) end as share_high,
        case
            when value is not null then 'computed'
            when value_missing_reason = 'publisher_contradiction' then 'not_collected'
            else 'suppressed_at_source'
        end as composition_status
    from {{ figures }}
    where part = 'composition'
    window whole as (partition by measure_id, geoid, period_end, stratum_type, stratum_code)
{%- endmacro %}
