{#
    The columns of the scorecard with every label in English, over `joined` of scorecard_rows. Labels are rows of dim_text.
#}
{% macro scorecard_columns() -%}
words as (
    select map_from_entries(list((text_id, text))) as text
    from {{ ref('dim_text') }}
    where language = 'en' and subject in ('period', 'basis', 'status', 'unit', 'city_comparison', 'reference_comparison', 'reference_group', 'change')
),

worded as (
    select
        joined.*,
        words.text,
        races.label as group_name,
        races.kind as group_kind,
        races.sort_order as group_order,
        case
            when publication_status = 'published' then case when value = 0 then 'zero' else 'shown' end
            when value_status = 'suppressed_at_source' then 'hidden_at_source'
            when publication_status = 'suppressed' then 'hidden'
            when publication_status = 'unreliable' then 'too_few'
            when publication_status = 'bounded' then 'range_only'
            when publication_status = 'incomplete_inside' then 'incomplete'
            when publication_status = 'not_collected' then 'not_recorded'
            when publication_status = 'not_observable' then 'not_observable'
            when status_reason in ('denominator_below_minimum', 'min_denominator', 'place_coverage_below_90') then 'too_few'
            else 'nothing_to_compare'
        end as status_code,
        {{ difference_word('city_difference', 'city_difference_low', 'city_difference_high', 'city_value', 'has_city_interval', 'is_estimate') }}
            as compared_with_city,
        -- a figure of places is compared with no other group: it does not describe the group's members
        case
            when
                has_value and basis <> 'where_people_live' and joined.race_ethnicity_code <> 'all'
                and reference_code is not null and reference_code <> joined.race_ethnicity_code
                then {{ ratio_word('is_estimate') }}
        end as compared_with_reference,
        {%- for alias in ['previous', 'first'] %}
        {%- set change = alias ~ '_change' %}
        replace(
            {{ difference_word(change, change ~ '_low', change ~ '_high', alias ~ '_value', 'has_' ~ alias ~ '_interval', 'is_estimate') }},
            'about_the_same', 'no_clear_change'
        ) as {{ alias }}_word{{ ',' if not loop.last }}
        {%- endfor %}
    from joined
    cross join words
    left join {{ ref('dim_race_ethnicity') }} as races on joined.race_ethnicity_code = races.race_ethnicity_code
),

compared as (
    select
        worded.*,
        -- an interval of a change that holds 0 shows no clear change, however wide it is
        case when previous_word = 'cannot_tell' and has_previous_interval then 'no_clear_change' else previous_word end as change_word,
        case when first_word = 'cannot_tell' and has_first_interval then 'no_clear_change' else first_word end as trend_word,
        case
            when compared_with_reference is not null
                then coalesce(text[concat('reference_group.', reference_code)], reference_group.label)
        end as compared_with
    from worded
    left join {{ ref('dim_race_ethnicity') }} as reference_group on worded.reference_code = reference_group.race_ethnicity_code
),

final as (
    select
        measure_id,
        measure_version,
        measure,
        policy_area,
        question,
        period_type,
        period_start,
        period_end,
        {{ period_text('text') }} as period,
        geography_type,
        geography_vintage,
        geoid,
        place,
        race_ethnicity_code,
        group_name,
        group_kind,
        group_order,
        race_standard,
        tabulation,
        method,
        basis,
        text[concat('basis.', basis)] as basis_text,
        numerator,
        denominator,
        value,
        unit,
        text[concat('unit.', unit)] as unit_text,
        ci_low,
        ci_high,
        bound_low,
        bound_high,
        known_race_pct,
        place_coverage_pct,
        favourable_direction,
        publication_status,
        status_code,
        text[concat('status.', status_code)] as status_text,
        city_value,
        compared_with_city,
        text[concat('city_comparison.', compared_with_city)] as compared_with_city_text,
        case when compared_with_reference is not null then rate_ratio end as rate_ratio,
        case when compared_with_reference is not null then rate_ratio_ci_low end as rate_ratio_ci_low,
        case when compared_with_reference is not null then rate_ratio_ci_high end as rate_ratio_ci_high,
        case when compared_with_reference is not null then reference_code end as reference_code,
        compared_with,
        compared_with_reference,
        replace(text[concat('reference_comparison.', compared_with_reference)], '{group}', compared_with) as compared_with_reference_text,
        {%- for name, alias in [('change', 'previous'), ('trend', 'first')] %}
        {{ alias }}_period_start as {{ name }}_from,
        {{ alias }}_value as {{ name }}_from_value,
        {{ alias }}_change as {{ name }},
        {{ alias }}_change_low as {{ name }}_ci_low,
        {{ alias }}_change_high as {{ name }}_ci_high,
        {{ name }}_word,
        text[concat('change.', {{ name }}_word)] as {{ name }}_text,
        {%- endfor %}
        is_latest,
        is_featured,
        is_stand_in,
        {{ without_time_of_day('data_as_of') }} as data_as_of
    from compared
)

select * from final
{%- endmacro %}
