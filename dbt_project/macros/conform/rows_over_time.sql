{#
    The staged rows of a source and of the sources that succeed it (source_successions), each of its own time: a day, and so a snapshot, has
    the rows of one source. `staged`: the staging model of the source that measures name; a model that names `fact` in its meta is added.
    `series_source`: the source that measures name. Rows without a date are kept, and those of a further source that succeeds none.
#}
{% macro rows_over_time(staged, fact, dated_by='occurred_on') -%}
    select delivered.*
    from (
        select
            united.*,
            coalesce(later.source, united.source) as series_source
        from (
            select * from {{ staged }}
            {%- for entry in models_of_facts() if entry.fact == fact %}
            union all by name
            select * from {{ ref(entry.model) }}
            {%- endfor %}
        ) as united
        left join {{ ref('source_successions') }} as later on united.source = later.successor
    ) as delivered
    asof left join {{ ref('source_successions') }} as in_charge
        on delivered.series_source = in_charge.source and delivered.{{ dated_by }} >= in_charge.valid_from
    where delivered.{{ dated_by }} is null or delivered.source = coalesce(in_charge.successor, delivered.series_source)
{%- endmacro %}
