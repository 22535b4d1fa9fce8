-- one row per snapshot and place: houses of the index that a lead service line serves, of all its houses
with
lead_lines as (
    select * from {{ ref('int_lead_service_lines__aggregated') }}
),

deliveries as (
    select distinct
        source,
        jurisdiction,
        occurred_on
    from lead_lines
),

united as (
    select
        source,
        jurisdiction,
        occurred_on,
        {{ piece_columns() }},
        houses_count as served_count,
        -- a line whose house the index does not know serves none of its houses, and is missing on every map
        houses_count + unmatched_count as lines_count,
        0 as houses_count
    from lead_lines
    union all
    select
        deliveries.source,
        deliveries.jurisdiction,
        deliveries.occurred_on,
        {{ piece_columns() }},
        0 as served_count,
        0 as lines_count,
        sum(addresses.houses_count) as houses_count
    from deliveries
    inner join {{ ref('int_addresses__aggregated') }} as addresses
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

with_place as (
    {{ counts_by_place(
        'snapshots', 'lead_service_lines_per_1000_addresses',
        {'numerator': 'sum(served_count)', 'denominator': 'sum(houses_count)'}, records='lines_count', version=2
    ) }}
),

final as (
    select * from with_place
    where geoid <> 'outside'
)

select * from final
