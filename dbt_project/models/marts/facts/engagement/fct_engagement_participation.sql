-- one row per participant and event
with
participation as (
    select * from {{ ref('stg_oei__engagement_participation') }}
),

placed as (
    {{ place_conformed(
        'participation', on_date='participation.occurred_on', neighborhood='participation.neighborhood_reported'
    ) }}
),

final as (
    select
        {{ event_columns('engagement_participation', has_key=true) }},
        occurred_on,
        {{ place_columns_by_neighborhood() }},
        {{ race_columns() }},
        event_number,
        language_code,
        age_band_code,
        neighborhood_reported
    from placed
)

select * from final
