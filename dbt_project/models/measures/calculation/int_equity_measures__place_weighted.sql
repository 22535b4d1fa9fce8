-- one row per measure, period, place and race group of its residents: the mean of its tracts, weighted by where the group lives
with
-- Errors of modelled estimates of one year come from one model: those of two tracts have a stated correlation. Records of different
-- tracts are independent.
shared as (
    select
        *,
        case when kind = 'estimate' then {{ rule('estimate_year_correlation') }} else 0.0 end as error_correlation
    from {{ ref('int_equity_measures__tract_weights') }}
),

-- Groups live in the same tracts and share their values. What two of them have in common enters their difference:
-- Σ(w_g − w_ref)²·s = Σw_g²·s + Σw_ref²·s − 2·Σw_g·w_ref·s, of which only the part that is not correlated is added up by tract.
pairs as (
    select
        {{ slice('members') }},
        members.race_ethnicity_code,
        peers.race_ethnicity_code as other_code,
        {{ sum_in_order('(1 - members.error_correlation) * members.weight * peers.weight * members.piece_variance') }} as covariance
    from shared as members
    inner join shared as peers on {{ same_slice('members', 'peers') }} and members.piece_tract_geoid = peers.piece_tract_geoid
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
        -- the error that the group's tracts have in common, with the correlation in it: its square is the correlated variance
        {{ sum_in_order('weight * sqrt(error_correlation * piece_variance)') }} as common_error,
        {{ sum_in_order('(1 - error_correlation) * pow(weight, 2) * piece_variance') }} + pow(common_error, 2) as variance,
        sum(piece_events) as records_count,
        max(group_population) as group_residents,
        100 * least(max(covered_population) / max(group_population), 1) as place_coverage_pct,
        max(group_population) / max(place_population) as denominator_share
    from shared
    group by all
),

covariances as (
    select
        {{ slice('pairs') }},
        pairs.race_ethnicity_code,
        map_from_entries(list(
            { 'k': pairs.other_code, 'v': pairs.covariance + members.common_error * peers.common_error } order by pairs.other_code
        )) as covariances
    from pairs
    inner join weighted as members
        on {{ same_slice('pairs', 'members') }} and pairs.race_ethnicity_code = members.race_ethnicity_code
    inner join weighted as peers on {{ same_slice('pairs', 'peers') }} and pairs.other_code = peers.race_ethnicity_code
    group by all
),

with_status as (
    select
        * exclude (mean_value, variance, common_error, factor),
        false as bridged,
        case when place_coverage_pct >= {{ rule('min_place_coverage') }} then 'computed' else 'no_denominator' end as value_status,
        case when place_coverage_pct < {{ rule('min_place_coverage') }} then 'place_coverage_below_90' end as status_reason,
        case when place_coverage_pct >= {{ rule('min_place_coverage') }} then mean_value * factor end as value,
        case when place_coverage_pct >= {{ rule('min_place_coverage') }} then variance end as variance
    from weighted
),

final as (
    select
        with_status.*,
        covariances.covariances
    from with_status
    inner join covariances
        on {{ same_slice('with_status', 'covariances') }} and with_status.race_ethnicity_code = covariances.race_ethnicity_code
)

select * from final
