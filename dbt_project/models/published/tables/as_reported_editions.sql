-- one row per edition and row of as_reported_history whose figure in this edition is another than now
{%- set row_columns = slice_columns() + ['race_ethnicity_code'] %}
{%- set figures = ['value', 'bound_low', 'bound_high'] %}
with
-- what is withheld or hidden there is not repeated here
history as (
    select * from {{ ref('as_reported_history') }}
    where history_status = 'revised'
),

editions as (
    select * from {{ ref('stg_receipts__editions') }}
),

states as (
    select
        {{ row_columns | join(',\n        ') }},
        unnest(states) as state
    from {{ ref('stg_disclosure__history') }}
),

-- a state holds until the next one begins
in_editions as (
    select
        editions.edition,
        editions.release_id,
        states.*
    from editions
    inner join states on editions.release_id >= states.state.release_id
    qualify
        row_number() over (
            partition by
                editions.release_id,
                states.{{ row_columns | join(',\n                states.') }}
            order by states.state.release_id desc
        ) = 1
),

final as (
    select
        history.{{ row_columns | join(',\n        history.') }},
        history.period_end,
        history.unit,
        in_editions.edition,
        in_editions.release_id,
        {%- for figure in figures %}
        case when history.{{ figure }} is not null then in_editions.state.{{ figure }} end as edition_{{ figure }},
        {%- endfor %}
        {%- for figure in figures %}
        history.{{ figure }},
        {%- endfor %}
        history.publication_status,
        history.last_revised_on
    from history
    inner join in_editions on {{ same_columns('history', 'in_editions', row_columns) }}
    where
        {{ figure_differs('history.value', 'in_editions.state.value') }}
        -- a range around the same value is no other figure; a range without a value is the figure
        or history.value is null
        and (
            {{ figure_differs('history.bound_low', 'in_editions.state.bound_low') }}
            or {{ figure_differs('history.bound_high', 'in_editions.state.bound_high') }}
        )
)

select * from final
order by all
