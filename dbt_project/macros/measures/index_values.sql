{#
    The indices of each slice of `relation`, which has one row per group with `value`, `weight`, whether it `is_used`, and the `reference_code`
    and `favourable_direction` of its measure. A population attributable fraction exists where everybody is worse off than a reference group,
    and is above 0 in either direction; of places it would describe no people.
#}
{% macro index_values(relation) -%}
    select
        * exclude (populations, rates, reference_rate, improvement, index_of),
        index_of.id as index_id,
        index_of.value as value
    from (
        select
            *,
            unnest([
                { 'id': 'between_group_variance', 'value': {{ stats('between_group_variance') }}(populations, rates) },
                { 'id': 'theil_index', 'value': {{ stats('theil_index') }}(populations, rates) },
                { 'id': 'mean_log_deviation', 'value': {{ stats('mean_log_deviation') }}(populations, rates) },
                { 'id': 'index_of_disparity', 'value': {{ stats('index_of_disparity') }}(populations, rates, true) },
                { 'id': 'index_of_disparity_unweighted', 'value': {{ stats('index_of_disparity') }}(populations, rates, false) },
                {
                    'id': 'population_attributable_fraction',
                    'value': nullif(greatest(
                        improvement * {{ stats('population_attributable_fraction') }}(populations, rates, reference_rate), 0
                    ), 0)
                }
            ]) as index_of
        from (
            select
                {{ index_columns() }},
                list(weight order by race_ethnicity_code) filter (where is_used) as populations,
                list(value order by race_ethnicity_code) filter (where is_used) as rates,
                any_value(value) filter (where is_used and race_ethnicity_code = reference_code and method <> 'place_weighted')
                    as reference_rate,
                any_value(case favourable_direction when 'higher' then 1 when 'lower' then -1 end) as improvement,
                string_agg(race_ethnicity_code, ', ' order by race_ethnicity_code) filter (where is_used) as groups_used,
                string_agg(race_ethnicity_code, ', ' order by race_ethnicity_code)
                    filter (where is_used is not true) as groups_left_out
            from {{ relation }}
            group by all
            having count(*) filter (where is_used) >= 2
        ) as slices
    ) as listed
    where index_of.value is not null
{%- endmacro %}
