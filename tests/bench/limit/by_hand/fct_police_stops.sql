-- one row per stopped person
create table release.marts.fct_police_stops as
with
races as (
    select
        lower(coalesce(crosswalk.reported_label, '')) as label,
        crosswalk.valid_from,
        crosswalk.valid_to,
        crosswalk.missing_reason,
        crosswalk.race_ethnicity_code,
        list_sort(list_distinct(string_split(crosswalk.race_ethnicity_set, '|'))) as categories,
        list_distinct(list_transform(categories, lambda category: case category when 'mena' then 'white' else category end))
            as categories_1997,
        case
            when categories is null then crosswalk.race_ethnicity_code
            when list_contains(categories, 'hispanic') then 'hispanic'
            when len(categories_1997) > 1 then 'multiracial'
            else categories_1997[1]
        end as code_1997
    from release.reference.race_ethnicity_crosswalk as crosswalk
    where crosswalk.vocabulary = 'police_observed'
),

sexes as (
    select
        lower(reported_label) as label,
        stratum_code
    from release.reference.stratum_crosswalk
    where vocabulary = 'police_sex'
),

reasons as (
    select
        lower(reported_label) as label,
        stratum_code
    from release.reference.stratum_crosswalk
    where vocabulary = 'police_stop_reason'
),

-- times are UTC; what that is in the city is looked up once an hour
hours as (
    select
        hour_at,
        timezone('America/Chicago', timezone('UTC', hour_at)) - hour_at as ahead
    from (select distinct date_trunc('hour', utc_at) as hour_at from warehouse.main.stops)
),

stops as (
    select
        delivered.*,
        delivered.rowid as number,
        delivered.utc_at + hours.ahead as police_stop_at
    from warehouse.main.stops as delivered
    semi join (select max(rowid) as last from warehouse.main.stops group by idNum) as newest on delivered.rowid = newest.last
    inner join hours on date_trunc('hour', delivered.utc_at) = hours.hour_at
)

select
    record_keys.main.keyed(md5(concat('fpc__police_stops', chr(31), stops.idNum))) as police_stop_key,
    'fpc__police_stops' as source,
    contracts.jurisdiction,
    contracts.load_id as _load_id,
    getvariable('stops_name') as _source_file,
    stops.number + 1 as _source_row,
    cast(stops.police_stop_at as date) as occurred_on,
    stops.police_stop_at,
    cast(null as varchar) as tract_geoid,
    cast(null as varchar) as aldermanic_district_geoid,
    cast(null as varchar) as aldermanic_district_vintage,
    cast(null as varchar) as police_district_geoid,
    cast(null as varchar) as neighborhood_geoid,
    cast(null as varchar) as police_district_vintage,
    'none' as geocode_quality,
    coalesce(stops.race, '') as race_ethnicity_reported,
    races.categories as race_ethnicity_set,
    coalesce(
        case when vocabularies.race_standard = 'spd15_1997' then races.code_1997 else races.race_ethnicity_code end, races.missing_reason,
        'not_mapped'
    ) as race_ethnicity_code,
    coalesce(races.code_1997, races.missing_reason, 'not_mapped') as race_ethnicity_code_1997,
    vocabularies.race_standard,
    contracts.collection_mode,
    race_names.label as group_name,
    stops.preRace as race_before_stop_reported,
    coalesce(
        sexes.stratum_code,
        case when stops.gender = 'Unknown' then 'observer_unknown' when stops.gender is null then 'not_collected' end,
        'not_mapped'
    ) as sex_code,
    stops.problem as problem,
    case
        when reasons.stratum_code is not null then reasons.stratum_code
        when coalesce(trim(stops.problem), '') = '' then 'not_collected'
        else 'not_mapped'
    end as stop_reason_code,
    stops.MDC as record_origin,
    stops.personSearch = 'YES' as is_person_searched,
    case when stops.personSearch is null then 'not_collected' end as is_person_searched_missing_reason,
    stops.vehicleSearch = 'YES' as is_vehicle_searched,
    case when stops.vehicleSearch is null then 'not_collected' end as is_vehicle_searched_missing_reason,
    stops.citationIssued = 'YES' as is_citation_issued,
    case when stops.citationIssued is null then 'not_collected' end as is_citation_issued_missing_reason,
    stops.policePrecinct as police_precinct_reported,
    contracts.jurisdiction || '/' || nullif(trim(stops.policePrecinct), '') as police_precinct_geoid,
    stops.neighborhood as neighborhood_reported
from stops
inner join warehouse.receipts.contracts on contracts.source = 'fpc__police_stops'
inner join warehouse.receipts.vocabularies on vocabularies.vocabulary = 'police_observed'
left join sexes on lower(nullif(stops.gender, 'Unknown')) = sexes.label
left join reasons on lower(coalesce(stops.problem, '')) = reasons.label
left join races
    on lower(coalesce(stops.race, '')) = races.label
        and cast(stops.police_stop_at as date) between races.valid_from and races.valid_to
left join release.reference.race_ethnicity as race_names
    on coalesce(
            case when vocabularies.race_standard = 'spd15_1997' then races.code_1997 else races.race_ethnicity_code end, races.missing_reason,
            'not_mapped'
        ) = race_names.race_ethnicity_code;

drop table warehouse.main.stops;
