-- one row per school, school year, group and kind of removal
with
staged as (
    {{ rows_of_school_fact('fct_school_removals', {
        'category': 'varchar', 'removals_count': 'bigint', 'removals_per_100_reported': 'double'
    }) }}
),

removals as (
    select
        *,
        {{ has_reported_group() }} as is_reported
    from staged
),

final as (
    select
        {{ event_columns('school_removal', has_key=true) }},
        cast(null as date) as occurred_on,
        period_start,
        period_end,
        {{ null_place_columns() }},
        {{ race_columns() }},
        school_district_geoid,
        school_geoid,
        school_district_reported,
        school_reported,
        school_year,
        dimension_reported,
        group_reported,
        stratum_type,
        stratum_code,
        category,
        case when is_reported then students_count end as students_count,
        case when is_reported then removals_count end as removals_count,
        removals_per_100_reported,
        {{ school_value_status(hidden="gap_reason in ('suppressed_by_state', 'zero_of_few')", given="gap_reason is null") }},
        source_note
    from removals
)

select * from final
