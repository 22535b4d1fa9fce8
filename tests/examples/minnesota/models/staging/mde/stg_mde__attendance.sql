-- one row per school, school year and group
with
-- the names that `school_columns` reads, and the words of this repository for what is counted
typed as (
    select
        * replace (case dimension when 'Federal Race' then 'Race/Ethnicity' else dimension end as dimension),
        'chronic_absenteeism' as metric,
        cast(null as varchar) as status_flag
    from {{ source('landing', 'mde__attendance') }}
),

contract as (
    {{ contract_row('mde__attendance') }}
),

renamed as (
    select
        {{ school_columns('mde__attendance', 'mde_report_card') }},
        typed.students as students_count,
        -- Minnesota reports who attends at least nine tenths of the days, the measure those who do not
        100 - typed.attending_pct as outcome_pct,
        typed.attending_pct is not null as has_value,
        typed.attending_pct_missing_reason = 'suppressed_at_source' as is_hidden,
        case typed.attending_pct_missing_reason when 'suppressed_at_source' then 'suppressed_by_state' when 'invalid' then 'invalid' end
            as gap_reason
    from typed
    left join contract on true
),

race_conformed as (
    {{ race_conformed('renamed', 'renamed.group_reported', 'renamed.race_vocabulary', 'renamed.period_start') }}
),

conformed as (
    {{ stratum_conformed('race_conformed', 'mde_report_card') }}
)

select * exclude (race_vocabulary) from conformed
