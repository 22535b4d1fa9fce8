{# Rows with what is known of them, with variances over clusters where their events repeat (repeated_events). #}
{% macro with_cluster_errors() -%}
    select
        known.* replace (
            coalesce(known.variance, over_clusters.variance) as variance,
            coalesce(known.covariances, over_clusters.covariances) as covariances
        ),
        over_clusters.rest_variance,
        -- events that repeat vary by more than chance: by what differs between clusters, else by an unknown amount
        repeated.measure_id is not null and repeated.clusters_are <> 'years' and known.kind = 'rate' and known.method <> 'place_weighted' as has_repeated_events,
        over_clusters.variance is not null as is_clustered,
        -- without clusters by how much more than by chance the years of a place differ; NULL where too few are known
        over_years.overdispersion,
        coalesce(over_years.overdispersion, 1.0) as dispersion
    from {{ ref('int_equity_measures__with_known_race') }} as known
    left join {{ ref('repeated_events') }} as repeated on known.measure_id = repeated.measure_id
    left join {{ ref('int_equity_measures__overdispersion') }} as over_years
        on
            {{ same_columns('known', 'over_years', overdispersion_columns()) }}
            and known.kind = 'rate' and known.is_computable
    left join {{ ref('int_equity_measures__cluster_errors') }} as over_clusters
        on {{ same_slice('known', 'over_clusters') }} and known.race_ethnicity_code = over_clusters.race_ethnicity_code
{%- endmacro %}


{# What has one factor: the figures of one kind of place and group, whatever the period. #}
{% macro overdispersion_columns() -%}
    {{ return(slice_columns() | reject('in', ['period_type', 'period_start', 'geoid']) | list + ['race_ethnicity_code']) }}
{%- endmacro %}
