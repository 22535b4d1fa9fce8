-- one row per measure, period, place and group: the row to show, before suppression, with labels and comparisons in words
with
figures as (
    select
        figures.* exclude ({{ label_columns() | join(', ') }}),
        case
            when value_status = 'suppressed_at_source' then 'suppressed'
            when value_status <> 'computed' then value_status
            when reliability = 'unreliable' then 'unreliable'
            else 'published'
        end as publication_status
    from {{ ref('fct_equity_measures') }} as figures
    -- of a measure whose page shows the adjusted rate, the crude one counts the cases of everyone
    where figures.stratum_type in ('all', 'adjustment')
),

marked as (
    {{ with_row_to_show('figures') }}
),

labelled as (
    {{ scorecard_rows('marked') }},

    {{ scorecard_columns() }}
)

select * from labelled
order by all
