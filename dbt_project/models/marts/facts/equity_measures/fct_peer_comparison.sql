-- one row per published estimate of the city and group, and per city compared: the gap to the reference group, and its rank by that gap
with
-- amounts are compared as ratios: prices and incomes differ between cities
compared as (
    select
        gaps.*,
        measures.favourable_direction,
        case when measures.unit in ('usd', 'usd_per_resident') then 'ratio' else 'difference' end as gap_kind,
        case gap_kind when 'ratio' then gaps.log_ratio else gaps.gap end as distance,
        case gap_kind when 'ratio' then gaps.log_width_below else gaps.width_below end as distance_below,
        case gap_kind when 'ratio' then gaps.log_width_above else gaps.width_above end as distance_above,
        distance_below is not null and measures.favourable_direction in ('higher', 'lower') as is_ranked,
        -- whether the interval, as the file has it, lies beyond no gap
        abs(distance) > if(gap_kind = 'ratio', gaps.log_width, if(distance > 0, gaps.width_below, gaps.width_above)) as is_clear
    from {{ ref('int_peer_comparison__gaps') }} as gaps
    inner join {{ ref('dim_measure') }} as measures
        on gaps.measure_id = measures.measure_id and gaps.measure_version = measures.measure_version
),

-- every city with every other: z times √½ of the difference of their gaps
pairs as (
    select
        {{ peer_slice('compared') }},
        compared.geoid,
        compared.is_clear,
        peers.geoid as other_geoid,
        peers.gap as other_gap,
        peers.log_ratio as other_log_ratio,
        (peers.distance > compared.distance) = (compared.favourable_direction = 'higher') as is_other_better,
        -- in the direction of the gap of the city: farther from no gap than its own, or clearly on the other side
        compared.distance = 0 or sign(compared.distance) * peers.distance > abs(compared.distance) as is_other_wider,
        coalesce(peers.is_clear, false) and compared.distance * peers.distance < 0 as is_other_reversed,
        {{ rule('z_95') }} / sqrt(2) * abs(compared.distance - peers.distance) / nullif(
            case
                when compared.distance > peers.distance then sqrt(pow(compared.distance_below, 2) + pow(peers.distance_above, 2))
                else sqrt(pow(compared.distance_above, 2) + pow(peers.distance_below, 2))
            end,
            0
        ) as deviation
    from compared
    inner join compared as peers
        on {{ same_peer_slice('compared', 'peers') }} and compared.geoid <> peers.geoid
),

tested as (
    select
        *,
        1 / (1 + deviation / 2) as tail,
        {{ complementary_error('deviation', 'tail') }} as p_value
    from pairs
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
        exp(median(other_log_ratio)) as peers_median_ratio,
        -- a gap that may be none has no other side, and none is narrower
        count(*) filter (where is_significant and is_clear and not is_other_wider and not is_other_reversed) as peers_narrower,
        count(*) filter (where is_significant and is_other_wider) as peers_wider,
        count(*) filter (where is_significant and is_clear and not is_other_wider and is_other_reversed) as peers_reversed,
        1 + count(*) filter (where is_significant and is_other_better) as rank_low,
        count(*) + 1 - count(*) filter (where is_significant and not is_other_better) as rank_high
    from adjusted
    group by all
    having count(*) >= {{ rule('peers_least') }}
),

final as (
    select
        {{ peer_slice('compared') }},
        compared.reference_code,
        compared.geoid,
        compared.value,
        compared.gap,
        compared.gap - compared.width_below as gap_ci_low,
        compared.gap + compared.width_above as gap_ci_high,
        ranked.peers,
        ranked.peers_median_gap,
        compared.gap_kind,
        case compared.gap_kind when 'ratio' then exp(compared.log_ratio) end as gap_ratio,
        case compared.gap_kind when 'ratio' then exp(compared.log_ratio - compared.log_width) end as gap_ratio_ci_low,
        case compared.gap_kind when 'ratio' then exp(compared.log_ratio + compared.log_width) end as gap_ratio_ci_high,
        case compared.gap_kind when 'ratio' then ranked.peers_median_ratio end as peers_median_ratio,
        {%- for name in ['peers_narrower', 'peers_wider', 'peers_reversed', 'rank_low', 'rank_high'] %}
        case when compared.{{ 'is_ranked' if 'rank' in name else 'distance_below is not null' }} then ranked.{{ name }} end as {{ name }},
        {%- endfor %}
        case
            when compared.is_ranked then ranked.rank_high - ranked.rank_low <= {{ rule('peer_rank_widest') }} / 100 * (ranked.peers + 1)
        end as is_rank_shown,
        case when compared.geoid = receipts.city_geoid then receipts.city_title else cities.name || ', ' || cities.state end as place,
        races.label as group_name,
        {{ is_newest_peer_row('compared') }} as is_latest
    from compared
    inner join ranked on {{ same_peer_slice('compared', 'ranked') }} and compared.geoid = ranked.geoid
    cross join {{ ref('stg_receipts__settings') }} as receipts
    left join {{ ref('dim_peer_city') }} as cities on compared.geoid = cities.geoid
    left join {{ ref('dim_race_ethnicity') }} as races on compared.race_ethnicity_code = races.race_ethnicity_code
)

select * from final
