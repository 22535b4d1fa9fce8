-- one row per metric, school year, place, race and stratum: students with the outcome, or where schools hide some, bounds, or those shown
{%- set same_place = 'source, jurisdiction, metric, place, period_start' %}
{%- set of_unknown = "race_kind = 'missing' and race_ethnicity_code <> 'suppressed_at_source'" %}
with
united as (
    select * from {{ ref('int_student_outcomes__totals') }}
    union all by name
    select * from {{ ref('int_student_outcomes__groups') }}
),

summed as (
    {{ student_outcomes_with_terms('united') }}
),

-- Everyone else of the place, and those of unknown race: sums over cells alone, which no total, complement or other year narrows.
with_place as (
    select
        *,
        is_group and coalesce(max(students_most) filter ({{ of_unknown }}) over of_place > 0, false) as has_unknown,
        case when has_unknown then {{ sum_in_order('students_most - outcome_low', among=of_unknown, over='of_place') }} else 0 end
            as unknown_without,
        case when has_unknown then {{ sum_in_order('outcome_high', among=of_unknown, over='of_place') }} else 0 end as unknown_with,
        {{ sum_in_order('outcome_low', among='is_group', over='of_place') }} - outcome_low as rest_low,
        {{ sum_in_order('outcome_high', among='is_group', over='of_place') }} - outcome_high as rest_high,
        sum(students_most) filter (is_group) over of_place - students_most as rest_most,
        sum(shown_hidden_cells) filter (is_group) over of_place - shown_hidden_cells as rest_hidden_cells,
        bool_or(hidden_cells > 0 or hides_every_group) over of_dimension as hides_a_group,
        -- The share of the place's students whom the dimension shows, or of the group's own where their number is known: at least so
        -- many, because a school that hides all of itself counts as large as it can be.
        max(students_most) filter (not is_part and hidden_students is not null) over of_place as whole_students,
        case
            when is_part and is_public and hides_a_group and shown_students > 0 and whole_students > 0 and missing_cells = 0
                then 100 * least(
                    sum(shown_students) over of_dimension / whole_students,
                    case when hidden_students is not null then shown_students / students_most else 1 end, 1
                )
        end as students_shown_pct,
        -- an unstated size leaves no bound
        not has_unknown or bool_and(hidden_students is not null) filter ({{ of_unknown }}) over of_place as is_unknown_sized,
        coalesce(bool_and(hidden_students is not null) filter (is_group) over of_place, false) as is_rest_sized
    from summed
    window
        of_place as (partition by {{ same_place }}),
        of_dimension as (partition by {{ same_place }}, stratum_type, race_ethnicity_code = 'all')
),

bounded as (
    select
        *,
        100 * outcome_low / nullif(students_most + unknown_without, 0) as share_low,
        100 * (outcome_high + unknown_with) / nullif(students_most + unknown_with, 0) as share_high,
        100 * rest_low / nullif(rest_most + unknown_without, 0) as rest_share_low,
        100 * (rest_high + unknown_with) / nullif(rest_most + unknown_with, 0) as rest_share_high,
        may_have_bounds
        and shown_hidden_cells >= {{ rule('bound_min_hidden_cells') }}
        and is_unknown_sized
        and hidden_students >= least_width
        and share_high - share_low <= {{ rule('max_bound_width') }}
            as is_bounded,
        -- everyone else has bounds under the same conditions
        may_have_bounds
        and is_group
        and is_unknown_sized and is_rest_sized
        and rest_hidden_cells >= {{ rule('bound_min_hidden_cells') }}
        and rest_high - rest_low >= least_width
        and rest_share_high - rest_share_low <= {{ rule('max_bound_width') }}
            as is_rest_bounded
    from with_place
),

with_status as (
    select
        *,
        case
            when hidden_cells > 0 or (hides_a_group and place.geography_type <> 'school')
                then case when is_bounded then 'bounded' when students_shown_pct > 0 then 'computed' else 'suppressed_at_source' end
            when missing_cells > 0 then 'not_collected'
            else 'computed'
        end as value_status,
        value_status = 'computed' and students_shown_pct is not null as is_partly_shown,
        (value_status = 'bounded' or (value_status = 'computed' and not is_partly_shown))
        and coalesce(is_rest_bounded and rest_share_low > 0, false) as has_ratio
    from bounded
),

final as (
    select
        metric,
        source,
        jurisdiction,
        'school_year' as period_type,
        period_start,
        period_end,
        place.geography_type,
        'current' as geography_vintage,
        place.geoid,
        race_standard,
        race_ethnicity_code,
        'aggregate' as method,
        stratum_type,
        stratum_code,
        value_status,
        case value_status when 'computed' then null when 'bounded' then 'suppressed_at_source' else value_status end as status_reason,
        case when value_status = 'computed' then outcome_count end as numerator,
        case
            when is_partly_shown then shown_students
            when value_status = 'computed' or (value_status = 'bounded' and unlisted_students = 0) then students_count
        end as denominator,
        case when is_partly_shown then students_shown_pct end as place_coverage_pct,
        case when value_status = 'bounded' then share_low end as bound_low,
        case when value_status = 'bounded' then share_high end as bound_high,
        case when value_status = 'bounded' then case when has_unknown then 'both' else 'suppressed_at_source' end end as bound_source,
        case when has_ratio then share_low / rest_share_high end as rate_ratio_bound_low,
        case when has_ratio then share_high / rest_share_low end as rate_ratio_bound_high
    from with_status
)

select * from final
