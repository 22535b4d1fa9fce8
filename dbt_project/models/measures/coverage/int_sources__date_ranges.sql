-- one row per source: the first and the last day that its deliveries cover
with
dated as (
    {%- for fact in facts_with_dates() %}
    select
        source,
        min(occurred_on) as first_on,
        max(occurred_on) as last_on
    from {{ ref(fact) }}
    group by source
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- a period that the contract declares takes precedence over the days of records
final as (
    select
        contracts.source,
        coalesce(contracts.period_start, min(dated.first_on)) as covered_from,
        -- a feed as of midnight covers the day before
        coalesce(
            contracts.period_end,
            greatest(max(dated.last_on), cast(contracts.data_as_of - interval 1 microsecond as date))
        ) as covered_to
    from {{ ref('stg_receipts__contracts') }} as contracts
    inner join dated on contracts.source = dated.source
    group by contracts.source, contracts.period_start, contracts.period_end, contracts.data_as_of
)

select * from final
