-- one row per source of dated records and day with a record that counts
with
dated as (
    {%- for fact in facts_with_dates() %}
    select
        source,
        occurred_on,
        _source_file,
        count(*) as events_count
    from {{ counted_events(fact) }}
    where occurred_on is not null
    group by all
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select
        source,
        occurred_on,
        sum(events_count) as events_count,
        list_sort(list(distinct _source_file)) as source_files
    from dated
    group by all
)

select * from final
