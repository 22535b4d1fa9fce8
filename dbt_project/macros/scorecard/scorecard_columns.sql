{#
    The columns of the scorecard with every label in English, over `tested` of scorecard_rows. Labels are rows of dim_text.
#}
{% macro scorecard_columns() -%}
words as (
    select map_from_entries(list((text_id, text))) as text
    from {{ ref('dim_text') }}
    where
        language = 'en'
        and subject in (
            'period', 'basis', 'status', 'unit', 'city_comparison', 'reference_comparison', 'reference_group', 'reference_in_sentence',
            'change', 'whose_race'
        )
),

worded as (
    select
        tested.* exclude (status_reason),
        -- of a hidden row no reason is public
        case when is_zero_unsure then 'zero_unsure' when publication_status <> 'suppressed' then status_reason end as status_reason,
        words.text,
        races.label as group_name,
        races.kind as group_kind,
        races.sort_order as group_order,
        case
            when is_zero_unsure then 'zero_unsure'
            when publication_status = 'published' then case when value = 0 then 'zero' else 'shown' end
            when value_status = 'suppressed_at_source' then 'hidden_at_source'
            when publication_status = 'suppressed' then 'hidden'
            when publication_status = 'unreliable' then 'too_few'
            when publication_status = 'bounded' then 'range_only'
            when publication_status = 'incomplete_inside' then 'incomplete'
            when publication_status = 'not_collected'
                then case
                    when status_reason = 'publisher_contradiction' then 'contradicted'
                    when status_reason = 'zero_unsure' then status_reason
                    when status_reason = 'invalid' then 'not_usable'
                    else 'not_recorded'
                end
            when publication_status = 'not_observable' then 'not_observable'
            when tested.status_reason in ('denominator_below_minimum', 'min_denominator', 'place_coverage_below_90') then 'too_few'
            else 'nothing_to_compare'
        end as status_code,
        {{ range_kind() }} as range_kind,
        -- a figure of places is compared with no other group: it does not describe the group's members
        (has_value or is_zero_unsure) and basis <> 'where_people_live' and tested.race_ethnicity_code <> 'all' and races.kind <> 'missing'
        and reference_rule is not null and coalesce(reference_code <> tested.race_ethnicity_code, true) as has_reference
    from tested
    cross join words
    left join {{ ref('dim_race_ethnicity') }} as races on tested.race_ethnicity_code = races.race_ethnicity_code
),

reasoned as (
    select
        *,
        case when has_reference then {{ reason_not_compared() }} end as reference_reason
    from worded
),

compared as (
    select
        reasoned.*,
        case when has_reference then {{ ratio_word('reference_reason') }} end as compared_with_reference,
        case
            when city_reason is not null then 'not_compared'
            else {{ difference_word(
                'city_difference', 'city_difference_low', 'city_difference_high', 'city_range', 'is_city_significant'
            ) }}
        end as compared_with_city,
        {%- for alias, name in [('previous', 'change'), ('first', 'trend')] %}
        {%- set change = alias ~ '_change' %}
        {{ difference_word(change, change ~ '_low', change ~ '_high', alias ~ '_range') }}
            as {{ name }}_word{{ ',' if not loop.last }}
        {%- endfor %}
    from reasoned
),

explained as (
    select
        compared.*,
        case
            when
                compared_with_reference = 'cannot_tell' and not {{ shown_difference_covers_0() }}
                and (rate_ratio_ci_low > 1 or rate_ratio_ci_high < 1 or {{ shown_difference_excludes_0() }})
                then 'many_comparisons'
            else reference_reason
        end as compared_reason,
        case
            when compared_with_city = 'cannot_tell' and (city_difference_low > 0 or city_difference_high < 0) then 'many_comparisons'
            else city_reason
        end as compared_with_city_reason,
        compared_with_reference is not null and compared_with_reference not in ('not_compared', 'no_range') as has_ratio,
        case
            when compared_with_reference is not null
                then coalesce(text[concat('reference_group.', reference_code)], reference_group.label)
        end as compared_with
    from compared
    left join {{ ref('dim_race_ethnicity') }} as reference_group on compared.reference_code = reference_group.race_ethnicity_code
),

sized as (
    select
        explained.*,
        {{ gap_kind() }} as gap_kind,
        {{ has_excess() }} as has_excess,
        {{ excess_years() }} as years,
        denominator / {{ unit_factor('unit') }} / years as people
    from explained
),

-- Σ D (r1 - r0) of crude rates; of adjusted ones D and r are by age
counted as (
    select
        sized.*,
        everyone.events as everyone_events,
        {%- for name, difference in [
            ('excess', 'rate_difference'), ('excess_low', 'rate_difference_ci_low'), ('excess_high', 'rate_difference_ci_high'),
        ] %}
        case
            when sized.has_excess and sized.stratum_type = 'adjustment' then adjusted.{{ name }}
            when sized.has_excess then sized.people * sized.{{ difference }}
        end as {{ name }},
        {%- endfor %}
    from sized
    left join {{ ref('int_deaths_investigated__excess') }} as adjusted
        on
            {{ same_columns('sized', 'adjusted', [
                'measure_id', 'race_standard', 'period_type', 'period_start', 'race_ethnicity_code', 'reference_code',
            ]) }}
            and sized.geoid = adjusted.jurisdiction and sized.stratum_type = 'adjustment'
    left join everyone
        on
            {{ same_columns('sized', 'everyone', [
                'measure_id', 'race_standard', 'period_type', 'period_start', 'geography_type', 'geography_vintage', 'geoid', 'tabulation',
                'method',
            ]) }}
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
        stratum_type,
        stratum_code,
        basis,
        coalesce(
            case when basis = 'own_race' then text[concat('whose_race.', measure_id)] end, text[concat('basis.', basis)]
        ) as basis_text,
        numerator,
        numerator_low,
        numerator_high,
        -- residents of a group are public, and no part of a hidden figure's card
        case when publication_status <> 'suppressed' then denominator end as denominator,
        population_scheme,
        population_on,
        value,
        unit,
        text[concat('unit.', unit)] as unit_text,
        ci_low,
        ci_high,
        bound_low,
        bound_high,
        {%- for column in area_figure_columns() + expected_columns() if column != 'smoothing_method' %}
        {{ column }},
        {%- endfor %}
        range_kind,
        known_race_pct,
        place_coverage_pct,
        reliability,
        publisher_quality,
        favourable_direction,
        publication_status,
        status_code,
        text[concat('status.', status_code)] as status_text,
        case when reliability = 'use_with_caution' and not is_zero_unsure then {{ caution_reason() }} else status_reason end as status_reason,
        city_value,
        compared_with_city,
        compared_with_city_reason,
        text[concat('city_comparison.', compared_with_city)] as compared_with_city_text,
        case when has_ratio then rate_ratio end as rate_ratio,
        case when has_ratio then rate_ratio_ci_low end as rate_ratio_ci_low,
        case when has_ratio then rate_ratio_ci_high end as rate_ratio_ci_high,
        case when compared_with_reference is not null then reference_code end as reference_code,
        compared_with,
        compared_with_reference,
        compared_reason,
        replace(
            text[concat('reference_comparison.', compared_with_reference)],
            '{group}',
            coalesce(text[concat('reference_in_sentence.', reference_code)], compared_with, text['reference_in_sentence.none'])
        ) as compared_with_reference_text,
        gap_kind,
        {%- for name, ratio, difference in [
            ('gap', 'rate_ratio', 'rate_difference'), ('gap_low', 'rate_ratio_ci_low', 'rate_difference_ci_low'),
            ('gap_high', 'rate_ratio_ci_high', 'rate_difference_ci_high'),
        ] %}
        case gap_kind when 'ratio' then {{ ratio }} when 'difference' then {{ difference }} end as {{ name }},
        {%- endfor %}
        excess,
        excess_low,
        excess_high,
        case when excess is not null then years end as excess_years,
        -- of the cases of everyone: WHO's population attributable fraction of one group, only where it is worse off
        case
            when (favourable_direction = 'lower' and excess > 0) or (favourable_direction = 'higher' and excess < 0)
                then 100 * abs(excess) * years / nullif(everyone_events, 0)
        end as attributable_pct,
        {%- for name, alias in [('change', 'previous'), ('trend', 'first')] %}
        {{ alias }}_period_start as {{ name }}_from,
        {{ alias }}_value as {{ name }}_from_value,
        {{ alias }}_change as {{ name }},
        case when {{ alias }}_range = 'ranged' then {{ alias }}_change_low end as {{ name }}_ci_low,
        case when {{ alias }}_range = 'ranged' then {{ alias }}_change_high end as {{ name }}_ci_high,
        {{ name }}_word,
        text[concat('change.', {{ name }}_word)] as {{ name }}_text,
        {%- endfor %}
        series_break_on,
        trend_exclusion,
        is_latest,
        is_featured,
        is_stand_in,
        covered_from,
        covered_until,
        is_period_complete,
        {{ without_time_of_day('data_as_of') }} as data_as_of
    from counted
)

select * from final
{%- endmacro %}
