-- one row per published estimate of the city and group, and per city compared: the gap to the reference group, and its rank by that gap
with
cities as (
    select geoid from {{ ref('dim_peer_city') }}
    union all
    select city_geoid as geoid from {{ ref('stg_receipts__settings') }}
),

-- what the city itself shows with a reference
own as (
    select
        shown.measure_id,
        shown.measure_version,
        shown.period_type,
        shown.period_start,
        shown.period_end,
        shown.race_ethnicity_code,
        shown.reference_code,
        published.source,
        published.published_measure,
        measures.favourable_direction
    from {{ ref('fct_equity_measures') }} as shown
    inner join {{ ref('published_measures') }} as published
        on shown.measure_id = published.measure_id and published.part = 'value'
    inner join {{ ref('dim_measure') }} as measures
        on shown.measure_id = measures.measure_id and shown.measure_version = measures.measure_version
    where
        shown.geography_type = 'city'
        and shown.stratum_type = 'all'
        and shown.value is not null
        and shown.reference_value is not null
        and shown.race_ethnicity_code <> shown.reference_code
),

figures as (
    select
        estimates.*,
        estimates.bound_low is not null and estimates.bound_kind in ('confidence_95', 'margin_90') as has_interval,
        case estimates.bound_kind when 'margin_90' then {{ rule('z_95') }} / {{ rule('z_90') }} else 1 end as widening
    from {{ ref('fct_published_estimates') }} as estimates
    inner join cities on estimates.geoid = cities.geoid
    where estimates.geography_type = 'city' and estimates.stratum_type = 'all' and estimates.value is not null
),

-- Both groups of a city are independent samples. The interval of the difference keeps the asymmetry of theirs: the method of variance
-- estimates recovery (Zou and Donner 2008, Statistics in Medicine 27:1693).
gaps as (
    select
        own.* exclude (source, published_measure, period_end),
        groups.geoid,
        groups.value,
        groups.value - fixed.value as gap,
        case
            when groups.has_interval and fixed.has_interval
                then sqrt(
                    pow(groups.widening * (groups.value - groups.bound_low), 2) + pow(fixed.widening * (fixed.bound_high - fixed.value), 2)
                )
        end as below,
        case
            when groups.has_interval and fixed.has_interval
                then sqrt(
                    pow(groups.widening * (groups.bound_high - groups.value), 2) + pow(fixed.widening * (fixed.value - fixed.bound_low), 2)
                )
        end as above
    from own
    inner join figures as groups
        on
            own.source = groups.source
            and own.published_measure = groups.published_measure
            and own.period_end = groups.period_end
            and own.race_ethnicity_code = groups.race_ethnicity_code
    inner join figures as fixed
        on
            own.source = fixed.source
            and own.published_measure = fixed.published_measure
            and own.period_end = fixed.period_end
            and groups.geoid = fixed.geoid
            and own.reference_code = fixed.race_ethnicity_code
),

-- every city with every other: z times √½ of the difference of their gaps
pairs as (
    select
        {{ peer_slice('gaps') }},
        gaps.geoid,
        others.geoid as other_geoid,
        others.gap as other_gap,
        case gaps.favourable_direction
            when 'higher' then others.gap > gaps.gap
            when 'lower' then others.gap < gaps.gap
        end as is_other_better,
        {{ rule('z_95') }} / sqrt(2) * abs(gaps.gap - others.gap) / nullif(
            case
                when gaps.gap > others.gap then sqrt(pow(gaps.below, 2) + pow(others.above, 2))
                else sqrt(pow(gaps.above, 2) + pow(others.below, 2))
            end,
            0
        ) as deviation
    from gaps
    inner join gaps as others
        on {{ same_peer_slice('gaps', 'others') }} and gaps.geoid <> others.geoid
),

tested as (
    select
        *,
        {{ complementary_error('deviation', 'tail') }} as p_value
    from (
        select
            *,
            1 / (1 + deviation / 2) as tail
        from pairs
    )
),

-- Holm 1979 (Scandinavian Journal of Statistics 6:65): from the smallest p value on, until one is above its part of the level
adjusted as (
    select
        *,
        p_value is not null and coalesce(bool_and(
            p_value * (count(p_value) over every_other - row_number() over by_p_value + 1) <= {{ rule('peer_test_level') }} / 100
        ) over by_p_value, false) as is_significant
    from tested
    window
        every_other as (partition by {{ peer_slice('tested') }}, geoid),
        by_p_value as (
            partition by {{ peer_slice('tested') }}, geoid order by p_value asc nulls last, other_geoid asc
            rows between unbounded preceding and current row
        )
),

ranked as (
    select
        {{ peer_slice('adjusted') }},
        geoid,
        count(*) as peers,
        median(other_gap) as peers_median_gap,
        1 + count(*) filter (where is_significant and is_other_better) as rank_low,
        count(*) + 1 - count(*) filter (where is_significant and not is_other_better) as rank_high
    from adjusted
    group by all
    having count(*) >= {{ rule('peers_least') }}
),

final as (
    select
        {{ peer_slice('gaps') }},
        gaps.reference_code,
        gaps.geoid,
        gaps.value,
        gaps.gap,
        gaps.gap - gaps.below as gap_ci_low,
        gaps.gap + gaps.above as gap_ci_high,
        ranked.peers,
        ranked.peers_median_gap,
        case when gaps.below is not null and gaps.favourable_direction in ('higher', 'lower') then ranked.rank_low end as rank_low,
        case when gaps.below is not null and gaps.favourable_direction in ('higher', 'lower') then ranked.rank_high end as rank_high
    from gaps
    inner join ranked on {{ same_peer_slice('gaps', 'ranked') }} and gaps.geoid = ranked.geoid
)

select * from final
