-- one row per exam, school, school year, subject, dimension and group, of the ACT and the Forward exam
with
act_contract as (
    {{ contract_row('dpi__act') }}
),

forward_contract as (
    {{ contract_row('dpi__forward_exam') }}
),

act as (
    select
        {{ school_columns('dpi__act', 'dpi_wisedash') }},
        typed.subject,
        typed.students as students_count,
        typed.tested as tested_count,
        -- the state's percentages are of all who are enrolled (DPI-06)
        typed.students as denominator_count,
        typed.proficient_pct,
        typed.proficient_pct_missing_reason,
        typed.below_pct,
        typed.not_tested_pct,
        typed.average_score
    from {{ source('landing', 'dpi__act') }} as typed
    left join act_contract as contract on true
),

forward as (
    select
        {{ school_columns('dpi__forward_exam', 'dpi_wisedash') }},
        typed.subject,
        typed.tested as tested_count,
        -- the state's percentages are of those who were tested (DPI-07)
        typed.tested as denominator_count,
        typed.proficient_pct,
        typed.proficient_pct_missing_reason,
        typed.below_pct
    from {{ source('landing', 'dpi__forward_exam') }} as typed
    left join forward_contract as contract on true
),

united as (
    select * from act
    union all by name
    select * from forward
),

renamed as (
    select
        * exclude (metric),
        metric as exam,
        case
            when proficient_pct_missing_reason = 'suppressed_at_source' or (proficient_pct is not null and denominator_count is null)
                then 'suppressed_by_state'
            else proficient_pct_missing_reason
        end as gap_reason
    from united
),

race_conformed as (
    {{ race_conformed('renamed', 'renamed.group_reported', 'renamed.race_vocabulary', 'renamed.period_start') }}
),

conformed as (
    {{ stratum_conformed('race_conformed', 'dpi_wisedash') }}
)

select * exclude (race_vocabulary) from conformed
