-- one row per school, graduating class, dimension and group
with
typed as (
    select * from {{ source('landing', 'dpi__completion') }}
),

contract as (
    {{ contract_row('dpi__completion') }}
),

renamed as (
    select
        {{ school_columns('dpi__completion', 'dpi_wisedash') }},
        typed.cohort_class,
        typed.cohort as students_count,
        typed.diplomas as diplomas_count,
        typed.completed_pct,
        typed.completed_pct_missing_reason,
        case
            when typed.completed_pct_missing_reason = 'invalid' then 'invalid'
            when typed.completed_pct is not null then null
            when typed.gap_reason = 'numerator_suppressed' then 'diplomas_hidden'
            when typed.gap_reason = 'denominator_suppressed' then 'cohort_hidden'
            else 'not_told'
        end as gap_reason,
        typed.extended_pct,
        typed.extended_timeframe,
        try_cast(regexp_extract(typed.extended_timeframe, '^(\d+)-', 1) as integer) as extended_years,
        -- The file records only what is hidden; a class has no fifth year before the summer after its own (DPI-04).
        case
            when typed.extended_pct_missing_reason = 'invalid' then 'invalid'
            when typed.extended_pct is not null then null
            when typed.cohort_class + 1 > year(contract.data_as_of) then 'not_yet_come'
            when typed.gap_reason = 'numerator_suppressed' then 'diplomas_hidden'
            when typed.gap_reason = 'denominator_suppressed' then 'cohort_hidden'
            else 'not_told'
        end as extended_gap_reason
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
