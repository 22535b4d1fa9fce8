-- one row per published estimate of the city and group, and per city compared: the gap to the reference group, and its rank by that gap
with
gaps as (
    select
        gaps.*,
        measures.favourable_direction
    from {{ ref('int_peer_comparison__gaps') }} as gaps
    inner join {{ ref('dim_measure') }} as measures
        on gaps.measure_id = measures.measure_id and gaps.measure_version = measures.measure_version
),

-- every city with every other: z times √½ of the difference of their gaps
pairs as (
    select
        {{ peer_slice('gaps') }},
        gaps.geoid,
        peers.geoid as other_geoid,
        peers.gap as other_gap,
        case gaps.favourable_direction
            when 'higher' then peers.gap > gaps.gap
            when 'lower' then peers.gap < gaps.gap
        end as is_other_better,
        {{ rule('z_95') }} / sqrt(2) * abs(gaps.gap - peers.gap) / nullif(
            case
                when gaps.gap > peers.gap then sqrt(pow(gaps.width_below, 2) + pow(peers.width_above, 2))
                else sqrt(pow(gaps.width_above, 2) + pow(peers.width_below, 2))
            end,
            0
        ) as deviation
    from gaps
    inner join gaps as peers
        on {{ same_peer_slice('gaps', 'peers') }} and gaps.geoid <> peers.geoid
),

with_tail as (
    select
        *,
        1 / (1 + deviation / 2) as tail
    from pairs
),

tested as (
    select
        *,
        {{ complementary_error('deviation', 'tail') }} as p_value
    from with_tail
),

ordered as (
    select
        *,
        count(p_value) over (partition by {{ peer_slice('tested') }}, geoid) as tests_count,
        row_number() over (partition by {{ peer_slice('tested') }}, geoid order by p_value asc nulls last, other_geoid asc) as test_number
    from tested
),

-- Holm 1979 (Scandinavian Journal of Statistics 6:65): from the smallest p value on, until one is above its part of the level
adjusted as (
    select
        *,
        coalesce(bool_and(p_value * (tests_count - test_number + 1) <= {{ rule('peer_test_level') }} / 100) over (
            partition by {{ peer_slice('ordered') }}, geoid order by test_number asc rows between unbounded preceding and current row
        ) and p_value is not null, false) as is_significant
    from ordered
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
        gaps.gap - gaps.width_below as gap_ci_low,
        gaps.gap + gaps.width_above as gap_ci_high,
        ranked.peers,
        ranked.peers_median_gap,
        case when gaps.width_below is not null and gaps.favourable_direction in ('higher', 'lower') then ranked.rank_low end as rank_low,
        case when gaps.width_below is not null and gaps.favourable_direction in ('higher', 'lower') then ranked.rank_high end as rank_high,
        case when gaps.geoid = receipts.city_geoid then receipts.city_title else cities.name || ', ' || cities.state end as place,
        races.label as group_name
    from gaps
    inner join ranked on {{ same_peer_slice('gaps', 'ranked') }} and gaps.geoid = ranked.geoid
    cross join {{ ref('stg_receipts__settings') }} as receipts
    left join {{ ref('dim_peer_city') }} as cities on gaps.geoid = cities.geoid
    left join {{ ref('dim_race_ethnicity') }} as races on gaps.race_ethnicity_code = races.race_ethnicity_code
)

select * from final
