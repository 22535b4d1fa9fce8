-- one row per figure of the city or its county that a measure shows, in windows that do not overlap
with recursive
-- figures of the place that the contract names; other places are compared elsewhere
ours as (
    select
        figures.*,
        measures.measure_id,
        measures.part,
        case
            when month(figures.period_start) = 7 then 'school_year'
            when year(figures.period_end) = year(figures.period_start) then 'year'
            when year(figures.period_end) - year(figures.period_start) = 2 then '3_year'
            when year(figures.period_end) - year(figures.period_start) = 4 then '5_year'
            else 'multi_year'
        end as period_type,
        case when figures.group_kind = 'overlapping_people' then 'race_alone_any_ethnicity' else 'exclusive' end as tabulation
    from {{ ref('fct_published_estimates') }} as figures
    inner join {{ ref('published_measures') }} as measures
        on figures.source = measures.source and figures.published_measure = measures.published_measure
    inner join {{ ref('stg_receipts__contracts') }} as contracts
        on figures.source = contracts.source and figures.geoid = contracts.jurisdiction
    where measures.measure_id is not null and figures.stratum_type in ('all', 'place_majority')
),

-- Windows overlap. The newest one, and before it those that end before a later one begins, are points of a trend
-- (docs/rules.md, Published estimates); amounts of money are in the prices of their own window, and have the newest alone.
candidates as (
    select distinct
        measure_id,
        period_start,
        period_end,
        unit = 'usd' as has_prices
    from ours
    where value is not null or value_missing_reason = 'publisher_contradiction'
),

windows as (
    select * from candidates
    qualify row_number() over (partition by measure_id order by period_end desc) = 1
    union all
    select candidates.*
    from candidates
    inner join windows on candidates.measure_id = windows.measure_id and candidates.period_end < windows.period_start
    where not candidates.has_prices
    qualify row_number() over (partition by candidates.measure_id order by candidates.period_end desc) = 1
),

final as (
    select
        ours.*,
        case when ours.bound_kind = 'margin_90' then ours.bound_high - ours.value end as moe,
        -- a rate that is adjusted for age is no quotient of its counts
        coalesce(
            abs(ours.value - {{ unit_factor('ours.unit') }} * ours.numerator / nullif(ours.denominator, 0))
            < 1e-6 * greatest(1, ours.value),
            false
        ) as is_crude
    from ours
    inner join windows on ours.measure_id = windows.measure_id and ours.period_end = windows.period_end
)

select * from final
