-- one row per source of dated records and day with a record
with
dated as (
    {%- for fact in facts_with_dates() %}
    select
        source,
        occurred_on,
        count(*) as events_count
    from {{ ref(fact) }}
    where occurred_on is not null
    group by all
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select
        source,
        occurred_on,
        sum(events_count) as events_count
    from dated
    group by all
)

select * from final
