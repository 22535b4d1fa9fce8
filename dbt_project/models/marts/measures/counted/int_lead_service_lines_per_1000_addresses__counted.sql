-- one row per snapshot and place: addresses with a lead service line, of the addresses of the index
with
-- what is another municipality's is none of the index
lines as (
    select * from {{ ref('fct_lead_service_lines') }}
    where aldermanic_district_geoid is distinct from 'outside'
),

deliveries as (
    select distinct
        source,
        jurisdiction,
        occurred_on
    from lines
),

united as (
    select
        source,
        jurisdiction,
        occurred_on,
        {{ piece_columns() }},
        -- an address that stands twice has one line, however it is written
        count(distinct coalesce(address_standard, address)) as lines_count,
        0 as addresses_count
    from lines
    group by all
    union all
    select
        deliveries.source,
        deliveries.jurisdiction,
        deliveries.occurred_on,
        {{ piece_columns() }},
        0 as lines_count,
        sum(addresses.addresses_count) as addresses_count
    from deliveries
    inner join {{ ref('int_addresses__tallied') }} as addresses
        on deliveries.occurred_on between addresses.valid_from and addresses.valid_to
    group by all
),

snapshots as (
    select
        *,
        'snapshot' as period_type,
        occurred_on as period_start,
        occurred_on as period_end,
        {{ without_race() }},
        {{ without_stratum() }}
    from united
),

placed as (
    {{ by_place(
        'snapshots', 'lead_service_lines_per_1000_addresses',
        {'numerator': 'sum(lines_count)', 'denominator': 'sum(addresses_count)'}, records='lines_count'
    ) }}
),

final as (
    select
        'lead_service_lines_per_1000_addresses' as measure_id,
        1 as measure_version,
        *
    from placed
    where geoid <> 'outside'
)

select * from final
