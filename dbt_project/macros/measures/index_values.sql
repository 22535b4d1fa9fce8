{# The indices of each slice of `relation`, which has one row per group with `value`, `weight` and whether it `is_used`. #}
{% macro index_values(relation) -%}
    select
        * exclude (populations, rates, index_of),
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
                { 'id': 'index_of_disparity_unweighted', 'value': {{ stats('index_of_disparity') }}(populations, rates, false) }
            ]) as index_of
        from (
            select
                {{ index_columns() }},
                list(weight order by race_ethnicity_code) filter (where is_used) as populations,
                list(value order by race_ethnicity_code) filter (where is_used) as rates,
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
