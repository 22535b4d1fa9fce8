{#
    The rows of a dated fact that count: those that are not dated after the run. A payment that is dated later is planned,
    and counts from its date on. Records of a successor (source_successions) count for the source that measures name. Read dated facts
    and stocks by this macro wherever their rows are counted. dated_by: their date or time
#}
{% macro counted_events(fact, dated_by='occurred_on') -%}
    (
        select events.* replace (coalesce(successions.source, events.source) as source)
        from {{ ref(fact) }} as events
        left join {{ ref('stg_receipts__later_events') }} as later on events.source = later.source
        left join {{ ref('source_successions') }} as successions on events.source = successions.successor
        where coalesce(cast(events.{{ dated_by }} as date) <= later.counted_until, true)
    )
{%- endmacro %}
