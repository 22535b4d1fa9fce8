-- one row per measure, period, place and group: the row to show, with labels and comparisons in words
{# The scorecard of the analyst file has the name scorecard, and names are unique in dbt. #}
{{ config(alias='scorecard') }}
with
figures as (
    select * exclude ({{ label_columns() | join(', ') }}) from {{ ref('equity_measures') }}
),

labelled as (
    {{ scorecard_rows('figures') }},

    {{ scorecard_columns() }}
)

select * from labelled
order by all
