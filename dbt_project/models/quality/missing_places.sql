-- one row per source and district without a record in the newest period that is covered, which had records in each one before
select
    source,
    period_type,
    period_start,
    geography_type,
    geography_vintage,
    geoid
from {{ ref('int_source_places__missing') }}
