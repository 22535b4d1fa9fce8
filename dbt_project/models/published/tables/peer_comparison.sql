-- one row per published estimate of the city and group that is shown, and per city compared
select
    peers.* exclude (is_latest),
    -- among the rows that the file shows
    {{ is_newest_peer_row('peers') }} as is_latest
from {{ ref('fct_peer_comparison') }} as peers
inner join {{ ref('equity_measures') }} as figures
    on
        {{ same_peer_slice('peers', 'figures') }}
        and figures.geography_type = 'city'
        and figures.stratum_type = 'all'
        and figures.publication_status = 'published'
        and figures.rate_ratio is not null
order by all
