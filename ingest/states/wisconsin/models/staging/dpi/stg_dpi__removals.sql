-- one row per school, school year, group and kind of removal
with
typed as (
    select * from {{ source('landing', 'dpi__removals') }}
),

contract as (
    {{ contract_row('dpi__removals') }}
),

renamed as (
    select
        {{ school_columns('dpi__removals', 'dpi_wisedash') }},
        typed.category,
        typed.students as students_count,
        typed.removals as removals_count,
        -- of expulsions the file repeats the count
        case when typed.unit = 'rate' then typed.reported_value end as removals_per_100_reported,
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
