{#
    Totals and groups of student outcomes with what decides whether they may have bounds, or be shown in part.
    united: the rows of int_student_outcomes__totals and int_student_outcomes__groups
#}
{% macro student_outcomes_with_terms(united) -%}
    select
        united.*,
        races.kind as race_kind,
        united.stratum_type = 'all' and races.kind in ('category', 'combination', 'combined_legacy') as is_group,
        -- whole students and the rounded rates that they come from differ a little; the bounds contain both
        coalesce(least(united.outcome_count, united.rated_count), 0) as outcome_low,
        coalesce(greatest(united.outcome_count, united.rated_count), 0) + united.hidden_students as outcome_high,
        coalesce(united.students_count, 0) + united.unlisted_students as students_most,
        united.race_ethnicity_code <> 'all' or united.stratum_type <> 'all' as is_part,
        contracts.classification = 'public' and contracts.protect = 'unless_published' as is_public,
        -- the number of persons in a hidden cell is known only from a public count of the same persons
        united.place.geography_type in ('school_district', 'city') and is_part and is_public
        and group_counts.metric is not null
        and not united.hides_every_group and united.missing_cells = 0 as may_have_bounds,
        contracts.race_standard,
        greatest(coalesce(contracts.suppress_below, 0), city.value) - 1 as least_width
    from {{ united }} as united
    inner join {{ ref('stg_receipts__agreements') }} as contracts on united.source = contracts.source
    inner join {{ publication_rules_in_force() }} as city on city.rule = 'suppress_below' and city.source is null
    left join {{ ref('race_ethnicity') }} as races on united.race_ethnicity_code = races.race_ethnicity_code
    left join {{ ref('group_counts') }} as group_counts on united.source = group_counts.source and united.metric = group_counts.metric
{%- endmacro %}
