-- one row per rate of repeated events, with its variance over clusters, and its covariances with the groups that share the clusters
-- A (co)variance is C / (C - 1) times the sum of the residuals' products (see cluster_residuals).
{%- set of_row = slice_columns() + ['race_ethnicity_code'] %}
with
residuals as (
    select * from {{ ref('int_equity_measures__cluster_residuals') }}
),

variances as (
    select
        {{ of_row | join(', ') }},
        count(*) filter (has_group) as clusters,
        count(*) filter (has_rest) as rest_clusters,
        {{ sum_in_order('correction * pow(residual, 2)') }} as variance,
        {{ sum_in_order('correction * pow(rest_residual, 2)') }} as rest_variance,
        {{ sum_in_order('correction * residual * rest_residual') }} as rest_covariance
    from residuals
    group by all
),

pairs as (
    select
        {{ 'members.' ~ of_row | join(', members.') }},
        peers.race_ethnicity_code as other_code,
        {{ sum_in_order('members.correction * members.residual * peers.residual') }} as covariance
    from residuals as members
    inner join residuals as peers on {{ same_slice('members', 'peers') }} and members.cluster_id = peers.cluster_id
    group by all
),

final as (
    select
        {{ 'variances.' ~ of_row | join(', variances.') }},
        any_value(variances.clusters) as clusters,
        any_value(variances.variance) as variance,
        case when any_value(variances.rest_clusters) >= {{ rule('min_clusters') }} then any_value(variances.rest_variance) end
            as rest_variance,
        map_from_entries(
            list({ 'k': pairs.other_code, 'v': pairs.covariance } order by pairs.other_code)
            || [{ 'k': 'rest', 'v': any_value(variances.rest_covariance) }]
        ) as covariances
    from variances
    inner join pairs
        on {{ same_slice('variances', 'pairs') }} and variances.race_ethnicity_code = pairs.race_ethnicity_code
    where variances.clusters >= {{ rule('min_clusters') }} and variances.variance > 0
    group by all
)

select * from final
