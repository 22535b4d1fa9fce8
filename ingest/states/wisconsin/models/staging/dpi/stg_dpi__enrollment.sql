-- one row per school, school year, dimension and group
with
typed as (
    select * from {{ source('landing', 'dpi__enrollment') }}
),

contract as (
    {{ contract_row('dpi__enrollment') }}
),

renamed as (
    select
        {{ school_columns('dpi__enrollment', 'dpi_wisedash') }},
        typed.students as students_count,
        typed.students_missing_reason as students_count_missing_reason,
        100 * typed.share as students_pct
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
