-- one row per school, school year, dimension and group
with
typed as (
    select * from {{ source('landing', 'dpi__discipline') }}
),

contract as (
    {{ contract_row('dpi__discipline') }}
),

renamed as (
    select
        {{ school_columns('dpi__discipline', metric="'discipline_removals'", note='cast(null as varchar)') }},
        typed.students as students_count,
        typed.removals as removals_count,
        typed.removals_missing_reason as removals_count_missing_reason,
        -- the file stars what the state hides, removals and students alike (DPI-05)
        case
            when 'invalid' in (typed.removals_missing_reason, typed.students_missing_reason) then 'invalid'
            when typed.removals is null or typed.students is null then 'suppressed_by_state'
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
