-- one row per measure and day on which its published series breaks, and per type of place whose map was redrawn
{# The seed has the name series_breaks, and names are unique in dbt. #}
{{ config(alias='series_breaks') }}
with
breaks as (
    select * from {{ ref('dim_series_break') }}
),

-- a break has periods on both sides
spans as (
    select
        measure_id,
        geography_type,
        min(period_start) as first_on,
        max(period_end) as last_on
    from {{ ref('published_scorecard') }}
    where not is_stand_in
    group by all
),

final as (
    select
        breaks.measure_id,
        breaks.series_break_on,
        breaks.cause,
        causes.text as cause_text,
        breaks.is_by_race_only,
        breaks.geography_type,
        breaks.geography_vintage,
        breaks.series_break_note
    from breaks
    semi join spans
        on
            breaks.measure_id = spans.measure_id
            and breaks.geography_type in ('all', spans.geography_type)
            and breaks.series_break_on > spans.first_on
            and breaks.series_break_on <= spans.last_on
    left join {{ ref('dim_text') }} as causes on concat('series_break.', breaks.cause) = causes.text_id and causes.language = 'en'
)

select * from final
order by all
