-- one row per contract: that of a source that others succeed has the end of their data, and the rhythm of the last one
with
contracts as (
    select * from {{ ref('stg_receipts__contracts') }}
),

successors as (
    select
        successions.source,
        max(contracts.data_as_of) as data_as_of,
        max(contracts.delivered_on) as delivered_on,
        arg_max(contracts.due, successions.valid_from) as due,
        arg_max(contracts.is_due_declared, successions.valid_from) as is_due_declared
    from {{ ref('source_successions') }} as successions
    inner join contracts on successions.successor = contracts.source
    -- what was not delivered yet succeeds nothing
    where contracts.data_as_of is not null
    group by successions.source
),

final as (
    select
        contracts.* replace (
            greatest(contracts.data_as_of, successors.data_as_of) as data_as_of,
            greatest(contracts.delivered_on, successors.delivered_on) as delivered_on,
            coalesce(successors.due, contracts.due) as due,
            coalesce(successors.is_due_declared, contracts.is_due_declared) as is_due_declared
        )
    from contracts
    left join successors on contracts.source = successors.source
)

select * from final
