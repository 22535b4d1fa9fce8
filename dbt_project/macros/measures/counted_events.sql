{#
    The rows of a dated fact that count: those that are not dated after the run. A payment that is dated later is planned,
    and counts from its date on. Read dated facts by this macro wherever their rows are counted. dated_by: their date or time
#}
{% macro counted_events(fact, dated_by='occurred_on') -%}
    (
        select events.*
        from {{ ref(fact) }} as events
        left join {{ ref('stg_receipts__later_events') }} as later on events.source = later.source
        where coalesce(cast(events.{{ dated_by }} as date) <= later.counted_until, true)
    )
{%- endmacro %}
