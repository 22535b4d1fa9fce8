-- one row per measure, period, place and race group of its residents: the mean of its tracts, weighted by where the group lives
with
shared as (
    select * from {{ ref('int_equity_measures__shared') }}
),

-- Groups live in the same tracts and share their values. What two of them have in common enters their difference:
-- Σ(w_g − w_ref)²·s = Σw_g²·s + Σw_ref²·s − 2·Σw_g·w_ref·s.
pairs as (
    select
        {{ slice('members') }},
        members.race_ethnicity_code,
        peers.race_ethnicity_code as other_code,
        {{ sum_in_order('members.weight * peers.weight * members.piece_variance') }} as covariance
    from shared as members
    inner join shared as peers on {{ same_slice('members', 'peers') }} and members.piece_tract_geoid = peers.piece_tract_geoid
    group by all
),

covariances as (
    select
        {{ slice() }},
        race_ethnicity_code,
        map_from_entries(list({ 'k': other_code, 'v': covariance } order by other_code)) as covariances
    from pairs
    group by all
),

weighted as (
    select
        {{ slice() }},
        race_ethnicity_code,
        source,
        jurisdiction,
        period_end,
        kind,
        geocoded_pct,
        is_incomplete,
        period_coverage_pct,
        factor,
        {{ sum_in_order('weight * piece_value') }} as mean_value,
        {{ sum_in_order('pow(weight, 2) * piece_variance') }} as variance,
        sum(piece_events) as records_count,
        100 * least(max(covered_population) / max(group_population), 1) as place_coverage_pct,
        max(group_population) / max(place_population) as denominator_share
    from shared
    group by all
),

judged as (
    select
        * exclude (mean_value, variance, factor),
        false as bridged,
        case when place_coverage_pct >= {{ rule('min_place_coverage') }} then 'computed' else 'no_denominator' end as value_status,
        case when place_coverage_pct < {{ rule('min_place_coverage') }} then 'place_coverage_below_90' end as status_reason,
        case when place_coverage_pct >= {{ rule('min_place_coverage') }} then mean_value * factor end as value,
        case when place_coverage_pct >= {{ rule('min_place_coverage') }} then variance end as variance
    from weighted
),

final as (
    select
        judged.*,
        covariances.covariances
    from judged
    inner join covariances
        on {{ same_slice('judged', 'covariances') }} and judged.race_ethnicity_code = covariances.race_ethnicity_code
)

select * from final
