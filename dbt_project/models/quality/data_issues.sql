-- one row per known issue of a source, and per source with records that are dated after the run
select
    issue_id,
    source,
    status,
    summary,
    last_checked
from {{ ref('known_data_issues') }}
union all
select
    'LATER-' || later.source as issue_id,
    later.source,
    'watch' as status,
    case when sources.later_records is not null then format('{:,}', sources.later_records) else 'Some' end
    || ' records are dated after ' || later.counted_until
    || ', the last day that this run counts: planned ones, a later extract, or errors. '
    || 'They count from their date on.' as summary,  -- noqa: RF04
    cast(clock.as_of as date) as last_checked
from {{ ref('stg_receipts__later_events') }} as later
left join {{ ref('dim_source') }} as sources on later.source = sources.source
cross join {{ ref('stg_receipts__clock') }} as clock
