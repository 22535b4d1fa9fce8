-- one row per day, precinct, reason and perceived race: stopped persons, and those with a recorded answer and a recorded yes
with
final as (
    select
        source,
        jurisdiction,
        occurred_on,
        police_precinct_geoid,
        stop_reason_code,
        race_standard,
        race_ethnicity_code,
        count(*) as stops_count,
        count(*) filter (where is_person_searched) as searched_count,
        count(*) filter (where is_person_searched is not null) as searched_answered_count,
        count(*) filter (where is_vehicle_searched) as vehicle_searched_count,
        count(*) filter (where is_vehicle_searched is not null) as vehicle_searched_answered_count,
        count(*) filter (where is_citation_issued) as cited_count,
        count(*) filter (where is_citation_issued is not null) as cited_answered_count
    from {{ counted_events('fct_police_stops') }}
    group by all
)

select * from final
