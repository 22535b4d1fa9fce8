-- one row per measure and day on which its series breaks, and per type of place whose map was redrawn
with
measures as (
    select
        measures.measure_id,
        measures.source,
        concat_ws('|', '', measures.places, measures.weighted_places) as place_types,
        sources.race_vocabulary
    from {{ ref('dim_measure') }} as measures
    left join {{ ref('dim_source') }} as sources on measures.source = sources.source
    where measures.is_current
),

successions as (
    select * from {{ ref('source_successions') }}
),

-- a version that counts earlier days again takes the place of the breaks of versions before it
declared as (
    select
        *,
        min(series_break_on) over (
            partition by measure_id, measure_version is null
            order by measure_version
            rows between 1 following and unbounded following
        ) as counted_again_from
    from {{ ref('series_breaks') }}
),

-- another source breaks the series, unless both compare
of_sources as (
    select declared.* replace (coalesce(successions.source, declared.source) as source)
    from declared
    left join successions on declared.source = successions.successor
    union all by name
    select
        source,
        valid_from as series_break_on,
        'new_system' as cause,
        reason as series_break_note
    from successions
    where not is_comparable
),

breaks as (
    select
        measures.measure_id,
        declared.series_break_on,
        coalesce(declared.cause, 'new_definition') as cause,
        declared.form is not null as is_by_race_only,
        'all' as geography_type,
        cast(null as varchar) as geography_vintage,
        declared.series_break_note
    from of_sources as declared
    inner join measures
        on
            (declared.measure_id is null or declared.measure_id = measures.measure_id)
            and (declared.source is null or declared.source = measures.source)
            and (declared.form is null or declared.form = measures.race_vocabulary)
    where declared.measure_version is null or coalesce(declared.counted_again_from > declared.series_break_on, true)
    -- of several rows for a day and cause, that of the measure; of a break of all figures and one by race, the first
    qualify
        row_number() over (
            partition by measures.measure_id, declared.series_break_on, coalesce(declared.cause, 'new_definition')
            order by declared.form nulls first, declared.measure_id nulls last, declared.series_break_note
        ) = 1
),

-- places before and after a new map are others, of whatever measure
redrawn as (
    select
        measures.measure_id,
        vintages.valid_from as series_break_on,
        'new_map' as cause,
        false as is_by_race_only,
        vintages.geography_type,
        vintages.geography_vintage,
        vintages.note as series_break_note
    from {{ ref('geography_vintages') }} as vintages
    inner join measures on contains(measures.place_types, concat('|', vintages.geography_type, ':'))
    where vintages.valid_from is not null
),

final as (
    select * from breaks
    union all by name
    select * from redrawn
)

select * from final
