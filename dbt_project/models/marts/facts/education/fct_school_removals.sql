-- one row per school, school year, group and kind of removal
with
removals as (
    {{ rows_of_school_fact('fct_school_removals', {
        'category': 'varchar', 'removals_count': 'bigint', 'removals_per_100_reported': 'double'
    }) }}
),

final as (
    select
        {{ school_event_columns('school_removal') }},
        {{ school_group_columns() }},
        category,
        case when is_reported then students_count end as students_count,
        case when is_reported then removals_count end as removals_count,
        removals_per_100_reported,
        {{ school_value_status(hidden="gap_reason in ('suppressed_by_state', 'zero_of_few')", given="gap_reason is null") }},
        source_note
    from removals
)

select * from final
