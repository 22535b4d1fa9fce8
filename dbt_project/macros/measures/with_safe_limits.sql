{#
    Planned rows, of medians of persons without limits whose bins hold too few records (on_grid) or too few races, and without what is
    computed from such limits, their own or the reference's. has_small_bin: whether that is so of the value itself, which the suppressor
    hides; NULL for other figures.

    relation: a CTE of figures with kind, threshold and is_confidential
#}
{% macro with_safe_limits(relation) -%}
    select
        * exclude (has_small_limits, bin_races, limit_bin_records, limit_bin_races) replace (
            {%- for column in ['ci_low', 'ci_high', 'ci_method'] %}
            case when not has_small_limits then {{ column }} end as {{ column }},
            {%- endfor %}
            {%- for column in ['rate_ratio_ci_low', 'rate_ratio_ci_high', 'rate_difference_ci_low', 'rate_difference_ci_high'] %}
            case
                when
                    not has_small_limits
                    and not coalesce(
                        list_contains(list(race_ethnicity_code) filter (where has_small_limits) over slice, reference_code), false
                    )
                    then {{ column }}
            end as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        )
    from (
        select
            *,
            case
                when is_confidential and kind = 'median' and value is not null
                    then not coalesce(bin_records >= threshold and bin_races >= {{ rule('least_bin_races') }}, false)
            end as has_small_bin,
            is_confidential
            and kind = 'median'
            and not coalesce(limit_bin_records >= threshold and limit_bin_races >= {{ rule('least_bin_races') }}, false)
                as has_small_limits
        from {{ relation }}
    )
    window slice as (partition by {{ slice() }})
{%- endmacro %}
