-- one row per rate of repeated events and cluster of its slice, with the linearized residuals of the group and of everyone else
-- The residual of cluster c is (x_c - R n_c) / N (Cochran 1977, Sampling Techniques, 6.3 and 11.6; Woodruff 1971, JASA 66:411).
{%- set of_row = slice_columns() + ['race_ethnicity_code'] %}
with
figures as (
    select known.* from {{ ref('int_equity_measures__with_known_race') }} as known
    inner join {{ ref('repeated_events') }} as repeated on known.measure_id = repeated.measure_id
    where
        repeated.clusters_are <> 'none'
        and known.kind = 'rate' and known.is_computable and known.denominator > 0
),

-- a cluster of several years is one cluster
parts as (
    select
        {{ 'figures.' ~ of_row | join(', figures.') }},
        clusters.cluster_id,
        any_value(figures.is_known_once) as is_known_once,
        any_value(figures.numerator) as whole_numerator,
        any_value(figures.denominator) as whole_denominator,
        any_value(figures.rest_numerator) as rest_numerator,
        any_value(figures.rest_denominator) as rest_denominator,
        {{ sum_in_order('clusters.numerator') }} as numerator,
        {{ sum_in_order('clusters.denominator') }} as denominator
    from figures
    inner join {{ ref('int_equity_measures__clusters') }} as clusters
        on
            {{ same_columns('figures', 'clusters', [
                'measure_id', 'measure_version', 'geography_type', 'geoid', 'race_ethnicity_code', 'stratum_type', 'stratum_code'
            ]) }}
            and figures.period_start <= clusters.period_start
            and figures.period_end >= clusters.period_end
    group by all
),

of_slice as (
    select
        {{ slice() }},
        cluster_id,
        {{ sum_in_order('numerator', among='is_known_once') }} as known_numerator,
        {{ sum_in_order('denominator', among='is_known_once') }} as known_denominator
    from parts
    group by all
),

numbered as (
    select
        *,
        count(*) over (partition by {{ slice() }}) as clusters_of_slice
    from of_slice
),

wholes as (
    select distinct
        {{ of_row | join(', ') }},
        is_known_once,
        whole_numerator,
        whole_denominator,
        rest_numerator,
        rest_denominator
    from parts
),

-- every cluster of the slice, also without a member of the group; everyone else are those of known race who are not in it
residuals as (
    select
        {{ 'wholes.' ~ of_row | join(', wholes.') }},
        numbered.cluster_id,
        numbered.clusters_of_slice / (numbered.clusters_of_slice - 1.0) as correction,
        parts.cluster_id is not null as has_group,
        numbered.known_denominator - if(wholes.is_known_once, coalesce(parts.denominator, 0), 0) > 0 as has_rest,
        (
            coalesce(parts.numerator, 0)
            - wholes.whole_numerator / wholes.whole_denominator * coalesce(parts.denominator, 0)
        ) / wholes.whole_denominator as residual,
        (
            numbered.known_numerator - if(wholes.is_known_once, coalesce(parts.numerator, 0), 0)
            - wholes.rest_numerator / nullif(wholes.rest_denominator, 0)
            * (numbered.known_denominator - if(wholes.is_known_once, coalesce(parts.denominator, 0), 0))
        ) / nullif(wholes.rest_denominator, 0) as rest_residual
    from wholes
    inner join numbered on {{ same_slice('wholes', 'numbered') }}
    left join parts
        on
            {{ same_slice('wholes', 'parts') }}
            and wholes.race_ethnicity_code = parts.race_ethnicity_code
            and numbered.cluster_id = parts.cluster_id
    where numbered.clusters_of_slice > 1
)

select * from residuals
