-- one row per row of equity_measures whose figure is published and has changed since it was first published
{%- set row_columns = slice_columns() + ['race_ethnicity_code'] %}
{%- set place_columns = row_columns | reject('equalto', 'measure_version') | list %}
{%- set figures = ['value', 'bound_low', 'bound_high'] %}
with
published_now as (
    select * from {{ ref('equity_measures') }}
),

published_before as (
    select * from {{ ref('stg_disclosure__history') }}
),

-- a definition that replaced another counts the same persons
shown_now as (
    select distinct
        {{ place_columns | join(', ') }},
        publication_status <> 'bounded' as has_figure
    from published_now
    where publication_status <> 'suppressed' and (coalesce(value, numerator, bound_low) is not null or publication_status = 'unreliable')
),

-- Published before and not any more: withdrawn by the publisher, or hidden now. The earlier figures of everything that it could be
-- computed from are withheld.
withdrawn as (
    select distinct
        published_before.source,
        published_before.period_start,
        published_before.period_end
    from published_before
    left join shown_now on {{ same_columns('published_before', 'shown_now', place_columns) }}
    where
        published_before.is_protected
        and (
            shown_now.measure_id is null
            or (not shown_now.has_figure and coalesce(published_before.last_value, published_before.first_numerator) is not null)
        )
),

joined_periods as (
    {{ joined_periods('published_before') }}
),

withheld_periods as (
    select distinct
        joined_periods.source,
        joined_periods.joined_period
    from joined_periods
    inner join withdrawn
        on
            joined_periods.source = withdrawn.source
            and joined_periods.period_start = withdrawn.period_start
            and joined_periods.period_end = withdrawn.period_end
),

compared as (
    select
        published_now.*,
        {%- for figure in figures %}
        published_before.first_{{ figure }},
        {%- endfor %}
        published_before.first_release_id,
        published_before.first_published_at,
        withheld_periods.source is not null as is_withheld,
        {{ figure_differs('published_now.value', 'published_before.last_value') }}
        or {{ figure_differs('published_now.bound_low', 'published_before.last_bound_low') }}
        or {{ figure_differs('published_now.bound_high', 'published_before.last_bound_high') }} as is_revised_now,
        published_before.revisions as revisions_before,
        published_before.has_new_records,
        published_before.revision_reason as reason_before,
        published_before.states[-1].published_at as last_state_at
    from published_now
    inner join published_before on {{ same_columns('published_now', 'published_before', row_columns) }}
    left join joined_periods
        on
            published_before.source = joined_periods.source
            and published_before.period_start = joined_periods.period_start
            and published_before.period_end = joined_periods.period_end
    left join withheld_periods
        on joined_periods.source = withheld_periods.source and joined_periods.joined_period = withheld_periods.joined_period
    where published_now.publication_status <> 'suppressed' and coalesce(published_now.value, published_now.bound_low) is not null
),

final as (
    select
        compared.{{ row_columns | join(',\n        compared.') }},
        compared.period_end,
        compared.unit,
        case when compared.is_withheld then 'withheld' else 'revised' end as history_status,
        case when not compared.is_withheld then compared.first_release_id end as first_release_id,
        case when not compared.is_withheld then cast(compared.first_published_at as date) end as first_published_on,
        {%- for figure in figures %}
        case when not compared.is_withheld and compared.{{ figure }} is not null then compared.first_{{ figure }} end as first_{{ figure }},
        {%- endfor %}
        compared.{{ figures | join(',\n        compared.') }},
        compared.publication_status,
        compared.revisions_before + cast(compared.is_revised_now as integer) as revisions,
        case
            when not compared.is_revised_now then compared.reason_before
            when compared.has_new_records then 'new_records'
            when not compared.has_new_records then 'recalculated'
        end as revision_reason,
        cast(case when compared.is_revised_now then clock.as_of else compared.last_state_at end as date) as last_revised_on
    from compared
    cross join {{ ref('stg_receipts__clock') }} as clock
    where compared.revisions_before + cast(compared.is_revised_now as integer) > 0
)

select * from final
order by all
