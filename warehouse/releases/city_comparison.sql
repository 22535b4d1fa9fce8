-- one row per city, measure and group: its newest figure, its gap to the reference group, and its place among like cities. Each value
-- is one that the city publishes; nothing is computed over several cities.
create table united.published.city_comparison as
with
-- the place of each city is the one that most of its own figures are about
places as (
    select city, geoid as place_geoid
    from united.published.scorecard
    where geography_type = 'city' and not is_stand_in
    group by city, geoid
    qualify row_number() over (partition by city order by count(*) desc, geoid) = 1
),

figures as (
    select
        -- a zero that may be a hidden number is no figure, as on the city's own pages
        scorecard.* replace (case when scorecard.status_code is distinct from 'zero_unsure' then scorecard.value end as value),
        case when scorecard.reliability = 'use_with_caution' then coalesce(scorecard.status_reason, 'other') end as caution,
        places.place_geoid
    from united.published.scorecard as scorecard
    inner join places on scorecard.city = places.city and scorecard.geoid = places.place_geoid
    where
        scorecard.geography_type = 'city'
        and scorecard.is_latest
        and not scorecard.is_stand_in
        and scorecard.group_kind <> 'missing'
        -- figures by where people live are about places, and have no gap between groups
        and scorecard.basis <> 'where_people_live'
),

-- the period of most cities with a figure, of these the newest: figures of other periods are listed, and not compared
periods as (
    select measure_id, measure_version, period_type, period_start
    from figures
    group by measure_id, measure_version, period_type, period_start
    qualify row_number() over (
        partition by measure_id
        order by count(distinct city) filter (where value is not null) desc, measure_version desc, period_start desc, period_type
    ) = 1
),

-- the figures of a city in that period, else its newest ones
chosen as (
    select
        figures.*,
        periods.measure_id is not null as is_of_common_period
    from figures
    left join periods using (measure_id, measure_version, period_type, period_start)
    qualify dense_rank() over (
        partition by figures.city, figures.measure_id
        order by is_of_common_period desc, figures.is_featured desc, figures.period_start desc, figures.period_type
    ) = 1
),

-- as the city's own comparison with other cities has it: amounts of money as ratios, because prices and incomes differ
compared as (
    select
        chosen.* exclude (gap, gap_low, gap_high, gap_kind),
        reference.value as reference_value,
        reference.ci_low as reference_ci_low,
        reference.ci_high as reference_ci_high,
        chosen.unit in ('usd', 'usd_per_resident') as is_ratio,
        reference.caution as reference_caution,
        -- only where the city gives one: not without a likely range, nor of figures that it does not compare
        chosen.gap is not null and chosen.compared_with_reference <> 'not_compared' as has_gap,
        if(chosen.gap_kind = 'difference', chosen.gap, chosen.value - reference.value) as own_gap,
        peers.gap is not null as has_peers,
        peers.gap, peers.gap_ci_low, peers.gap_ci_high, peers.gap_ratio, peers.gap_ratio_ci_low, peers.gap_ratio_ci_high,
        peers.peers, peers.peers_median_gap, peers.peers_median_ratio, peers.rank_low, peers.rank_high, peers.is_rank_shown,
        chosen.gap_kind as own_kind,
        chosen.gap_low as own_low,
        chosen.gap_high as own_high
    from chosen
    left join chosen as reference
        on
            chosen.city = reference.city
            and chosen.measure_id = reference.measure_id
            and chosen.reference_code = reference.race_ethnicity_code
    left join united.published.peer_comparison as peers
        on
            chosen.city = peers.city
            and chosen.measure_id = peers.measure_id
            and chosen.measure_version = peers.measure_version
            and chosen.period_type = peers.period_type
            and chosen.period_start = peers.period_start
            and chosen.race_ethnicity_code = peers.race_ethnicity_code
            and chosen.place_geoid = peers.geoid
)

select
    city,
    place_geoid,
    place,
    measure_id,
    measure_version,
    policy_area,
    favourable_direction,
    period_type,
    period_start,
    period_end,
    is_of_common_period,
    race_ethnicity_code,
    group_name,
    group_order,
    basis,
    publication_status,
    status_code,
    unit,
    value,
    ci_low,
    ci_high,
    case when value is not null then caution end as caution,
    reference_code,
    reference_value,
    reference_ci_low,
    reference_ci_high,
    case when reference_value is not null then reference_caution end as reference_caution,
    compared_with_reference,
    compared_reason,
    case when is_ratio then 'ratio' else 'difference' end as gap_kind,
    case when has_gap then if(is_ratio, coalesce(gap_ratio, rate_ratio), coalesce(gap, own_gap)) end as gap,
    case
        when not has_gap then null
        when is_ratio then if(gap_ratio is null, rate_ratio_ci_low, gap_ratio_ci_low)
        when has_peers then gap_ci_low
        when own_kind = 'difference' then own_low
    end as gap_low,
    case
        when not has_gap then null
        when is_ratio then if(gap_ratio is null, rate_ratio_ci_high, gap_ratio_ci_high)
        when has_peers then gap_ci_high
        when own_kind = 'difference' then own_high
    end as gap_high,
    has_peers,
    peers,
    if(is_ratio, peers_median_ratio, peers_median_gap) as peers_median_gap,
    rank_low,
    rank_high,
    is_rank_shown
from compared
order by city, measure_id, group_order, race_ethnicity_code
