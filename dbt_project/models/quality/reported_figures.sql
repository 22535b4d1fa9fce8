-- one row per reported row of persons in a public table: whether its figures have changed since
select
    'equity_measures' as published_table,
    {{ slice_columns() | join(',\n    ') }},
    race_ethnicity_code,
    reported_at,
    is_revision_pending
from {{ ref('stg_disclosure__reported') }}
union all by name
select
    'engagement_responses' as published_table,
    'year' as period_type,
    period_start,
    'city' as geography_type,
    'current' as geography_vintage,
    jurisdiction as geoid,
    'engagement_theme' as stratum_type,
    shown_theme_code as stratum_code,
    reported_at,
    is_revision_pending
from {{ ref('stg_disclosure__reported_responses') }}
order by all
