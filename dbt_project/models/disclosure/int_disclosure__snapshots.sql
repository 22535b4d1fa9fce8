-- one row per measure, version, jurisdiction and snapshot to publish: at most one per quarter (ADR 43)
with
measured as (
    select distinct
        measures.measure_id,
        measures.measure_version,
        registered.source,
        measures.jurisdiction,
        measures.period_start,
        measures.period_end,
        date_trunc('quarter', measures.period_end) as quarter_start
    from {{ ref('fct_equity_measures') }} as measures
    inner join {{ ref('dim_measure') }} as registered
        on measures.measure_id = registered.measure_id and measures.measure_version = registered.measure_version
    where measures.period_type = 'snapshot'
),

plan_rows as (
    select
        measure_id,
        min(lag_days) as lag_days
    from {{ ref('publication_plan') }}
    where period_type in ('snapshot', '*')
    group by measure_id
),

sources_of_measures as (
    select distinct
        measure_id,
        source
    from {{ ref('dim_measure') }}
),

released as (
    select distinct
        released.measure_id,
        sources_of_measures.source,
        released.period_start,
        date_trunc('quarter', released.period_end) as quarter_start,
        released.is_frozen
    from {{ ref('stg_receipts__published_snapshots') }} as released
    inner join sources_of_measures on released.measure_id = sources_of_measures.measure_id
),

released_measures as (
    select distinct
        measure_id,
        period_start
    from released
),

released_sources as (
    select distinct
        source,
        period_start
    from released
),

-- figures of persons stay as they were reported, also where their snapshot has been withdrawn since
frozen_quarters as (
    select distinct
        measure_id,
        quarter_start
    from released
    where is_frozen
),

closed as (
    select
        measured.*,
        released_measures.measure_id is not null as is_released,
        released_sources.source is not null as is_source_released,
        frozen_quarters.measure_id is not null as is_quarter_frozen
    from measured
    inner join plan_rows on measured.measure_id = plan_rows.measure_id
    cross join {{ ref('stg_receipts__clock') }} as clock
    left join released_measures
        on measured.measure_id = released_measures.measure_id and measured.period_start = released_measures.period_start
    left join released_sources
        on measured.source = released_sources.source and measured.period_start = released_sources.period_start
    left join frozen_quarters
        on measured.measure_id = frozen_quarters.measure_id and measured.quarter_start = frozen_quarters.quarter_start
    where measured.period_end + plan_rows.lag_days <= cast(clock.as_of as date)
),

-- what is out stays out; else the snapshot of the quarter that closes first, which no later one can replace
ranked as (
    select
        *,
        row_number() over (
            partition by measure_id, measure_version, jurisdiction, quarter_start
            order by is_released desc, is_source_released desc, period_end asc, period_start asc
        ) as place
    from closed
),

final as (
    select
        measure_id,
        measure_version,
        jurisdiction,
        period_start
    from ranked
    where is_released or (place = 1 and not is_quarter_frozen)
)

select * from final
