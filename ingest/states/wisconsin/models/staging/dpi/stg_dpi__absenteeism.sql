-- one row per school, school year, dimension and group
with
typed as (
    select * from {{ source('landing', 'dpi__absenteeism') }}
),

contract as (
    {{ contract_row('dpi__absenteeism') }}
),

renamed as (
    select
        {{ school_columns('dpi__absenteeism', 'dpi_wisedash') }},
        typed.students as students_count,
        typed.absent_pct,
        typed.absent_pct_missing_reason,
        -- an empty rate has two reasons, and only the note distinguishes them (DPI-02)
        case
            when typed.absent_pct_missing_reason = 'invalid' then 'invalid'
            when typed.absent_pct is not null then null
            when starts_with({{ normalised('typed.status_flag') }}, 'suppressed') then 'suppressed_by_state'
            when starts_with({{ normalised('typed.status_flag') }}, 'group under 20') then 'group_under_20'
            else 'not_told'
        end as gap_reason
    from typed
    left join contract on true
),

race_conformed as (
    {{ race_conformed('renamed', 'renamed.group_reported', 'renamed.race_vocabulary', 'renamed.period_start') }}
),

conformed as (
    {{ stratum_conformed('race_conformed', 'dpi_wisedash') }}
)

select * exclude (race_vocabulary) from conformed
