-- one row per measure, period, place and group: the row to show, before suppression, with labels and comparisons in words
with
figures as (
    select
        * exclude ({{ label_columns() | join(', ') }}),
        case
            when value_status = 'suppressed_at_source' then 'suppressed'
            when value_status <> 'computed' then value_status
            when reliability = 'unreliable' then 'unreliable'
            else 'published'
        end as publication_status
    from {{ ref('fct_equity_measures') }}
    where stratum_type = 'all'
),

marked as (
    {{ with_row_to_show('figures') }}
),

labelled as (
    {{ scorecard_rows('marked') }},

    {{ scorecard_columns() }}
)

select * from labelled
