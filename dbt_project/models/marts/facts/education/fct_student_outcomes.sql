-- one row per metric, school, school year, dimension and group
with
outcomes as (
    select * from {{ ref('stg_dpi__enrollment') }}
),

final as (
    select
        {{ event_columns('student_outcome', has_key=true) }},
        cast(null as date) as occurred_on,
        period_start,
        period_end,
        {{ place_columns_of_no_place() }},
        {{ race_columns() }},
        metric,
        school_district_geoid,
        school_geoid,
        school_district_reported,
        school_reported,
        school_year,
        dimension_reported,
        group_reported,
        stratum_type,
        stratum_code,
        case when race_ethnicity_code <> 'suppressed_at_source' then students_count end as students_count,
        students_pct,
        -- a starred cell is neither zero nor missing at random (DPI-01)
        case
            when 'suppressed_at_source' in (race_ethnicity_code, students_count_missing_reason) then 'suppressed_at_source'
            when students_count is not null then 'computed'
            else 'not_collected'
        end as value_status,
        source_note
    from outcomes
)

select * from final
