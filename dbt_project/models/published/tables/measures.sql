-- one row per measure and version, with the licence of the source that its figures are from
select
    measures.*,
    sources.licence_id,
    sources.licence_attribution,
    sources.licence_share_alike,
    sources.licence_commercial
from {{ ref('dim_measure') }} as measures
left join {{ ref('dim_source') }} as sources on measures.source = sources.source
order by all
