-- one row per school, school year, group and kind of removal
with
typed as (
    select * from {{ source('landing', 'dpi__removals') }}
),

contract as (
    {{ contract_row('dpi__removals') }}
),

-- cells of so few students without a removal are hidden: the state writes 0 (DPI-05)
limits as (
    select * from {{ ref('hidden_cell_limits') }}
    where source = 'dpi__removals' and cell = 'group' and gap_reason = 'zero_of_few'
),

renamed as (
    select
        {{ school_columns('dpi__removals', 'dpi_wisedash') }},
        typed.category,
        typed.students as students_count,
        case when limits.source is null then typed.removals end as removals_count,
        -- of expulsions the file repeats the count
        case when typed.unit = 'rate' then typed.reported_value end as removals_per_100_reported,
        case
            when 'invalid' in (typed.removals_missing_reason, typed.students_missing_reason) then 'invalid'
            when typed.removals is null or typed.students is null then 'suppressed_by_state'
            when limits.source is not null then limits.gap_reason
        end as gap_reason
    from typed
    left join contract on true
    left join limits
        on
            typed.removals = 0
            and typed.students between 1 and limits.students_at_most
            and {{ school_year_start('typed.school_year') }} between limits.valid_from and limits.valid_to
),

race_conformed as (
    {{ race_conformed('renamed', 'renamed.group_reported', 'renamed.race_vocabulary', 'renamed.period_start') }}
),

conformed as (
    {{ stratum_conformed('race_conformed', 'dpi_wisedash') }}
)

select * exclude (race_vocabulary) from conformed
