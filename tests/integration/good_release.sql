-- A release in which every rule of the suites holds: what test_gates.py spoils, one rule at a time.
create schema release.marts;
create schema release.reference;
create table release.reference.measure_rules as select * from read_csv('{seeds}/measure_rules.csv');
create table release.reference.place_types as select * from read_csv('{seeds}/place_types.csv', all_varchar = true);
create table release.reference.published_measures as select * from read_csv('{seeds}/published_measures.csv', all_varchar = true);
create table release.reference.population_schemes as select * from read_csv('{seeds}/population_schemes.csv');
create table release.reference.population_bases as select * from read_csv('{seeds}/population_bases.csv');
create table release.reference.geography_vintages as select * from read_csv('{seeds}/geography_vintages.csv');
create temp table event as select
    'dpt__visits' as source, '5553000' as jurisdiction, 'load' as _load_id, 'v.csv' as _source_file, n as _source_row,
    date '2025-03-01' as occurred_on, '55079000101' as tract_geoid, '4' as aldermanic_district_geoid,
    '2022' as aldermanic_district_vintage, '7' as police_district_geoid, '2009' as police_district_vintage,
    'HARBOR' as neighborhood_geoid, 'address' as geocode_quality
    from range(1, 8) as t (n);
create temp table person as select event.*,
    ['White', 'Black', 'Two', 'Asian or Pacific', 'Arab', 'Unknown', 'Hispanic'][_source_row] as race_ethnicity_reported,
    [['white'], ['black'], ['black', 'white'], null, ['mena'], null, ['hispanic']][_source_row] as race_ethnicity_set,
    ['white', 'black', 'multiracial', 'asian_or_nhpi', 'mena', 'observer_unknown', 'hispanic'][_source_row] as race_ethnicity_code,
    ['white', 'black', 'multiracial', 'asian_or_nhpi', 'white', 'observer_unknown', 'hispanic'][_source_row] as race_ethnicity_code_1997,
    'spd15_2024' as race_standard, 'observer' as collection_mode
    from event;
create table release.marts.dim_date as select date '2025-01-01' + n::integer as date_on from range(365) as t (n);
create table release.marts.dim_department as select 'dpt' as department, 'Department' as name;
create table release.marts.dim_stratum as
    select * from (values ('all', 'all', 'All', 0), ('sex', 'female', 'Female', 1), ('finding', 'guilty', 'Guilty', 1),
        ('case_type', 'contempt', 'Contempt', 1), ('project_status', 'completed', 'Completed', 1), ('project_status', 'half_or_more', 'Half', 2),
        ('iap2_level', 'consult', 'Consult', 1), ('engagement_channel', 'pop_up', 'Pop-up', 1), ('engagement_theme', 'parks', 'Parks', 1),
        ('engagement_answer', 'declined', 'Declined', 1), ('engagement_answer', 'pending', 'Pending', 2)) as t (stratum_type, stratum_code, label, sort_order);
create table release.marts.dim_source as select 'dpt__visits' as source, 'Visits' as title, 'dpt' as department, 'health' as policy_area,
    '5553000' as jurisdiction, false as is_stand_in, 'one row per visit' as grain, 'a file' as platform, 'daily' as cadence, 'public' as classification,
    11 as suppress_below, 'always' as protect, true as is_protected, 'person' as statistical_unit, 'allowed' as republish, null as race_vocabulary,
    null as data_as_of, null as period_start, null as period_end, null::date as counted_until, null::bigint as later_records,
    'Team' as steward_team;
insert into release.marts.dim_source by name select * replace ('dpt__survey' as source, '2938000' as jurisdiction, true as is_stand_in)
    from release.marts.dim_source;
create table release.marts.dim_measure as select 'searched' as measure_id, 1 as measure_version, 'Searched' as name, 'How many?' as question,
    'a ÷ b' as definition, 'health' as policy_area, 'percent' as unit, null as caveat, 'best' as reference_rule, 'dpt__visits' as source,
    'proportion' as kind, null::varchar as population, null::varchar as population_scheme, null::varchar as age_universe,
    null::date as retired_on, null::varchar as successor, null::varchar as retirement_reason;
insert into release.marts.dim_measure by name select * replace (
    'visits' as measure_id, 'per_1000' as unit, 'rate' as kind, 'residents' as population, 'pl_2020' as population_scheme, 'total' as age_universe
) from release.marts.dim_measure;
create table release.marts.dim_race_ethnicity as select * from read_csv('{seeds}/race_ethnicity.csv');
create table release.marts.bridge_geography as select 'tract' as from_type, '2020' as from_vintage, '55079000101' as from_geoid,
    'neighborhood' as to_type, '2020' as to_vintage, 'HARBOR' as to_geoid, 1.0 as weight, 'population' as weight_basis, 'exact' as fit_quality;
create table release.marts.dim_geography as
    select *, concat_ws(':', geography_type, geography_vintage, geoid) as geography_key, geoid as name, date '2012-01-01' as valid_from,
        null::date as valid_to, null as land_area_sq_m, null as geometry_wkb, null as outline_source, 1 as scorecard_order, false as is_council_district
    from (values ('city', 'current', '5553000'), ('school', 'current', 'NORTH/HIGH'), ('tract', '2020', '55079000101'),
        ('tract', '2020', '55079000102'), ('tract', '2010', '55079000101'), ('tract', '2010', '55079000102'))
        as t (geography_type, geography_vintage, geoid);
create table release.marts.dim_address as select 'k' || n as address_key, n || ' N HARBOR ST' as address_standard, n as house_number,
    null as house_suffix, -87.9::double as longitude, 43.0::double as latitude, 1 as index_rows_count from range(1, 4) as t (n);
create table release.marts.fct_service_requests as select 'k' || _source_row as service_request_key, event.*, timestamp '2025-03-01 08:00' as service_request_at,
    timestamp '2025-03-02' as closed_at, timestamp '2025-03-03' as followed_until_at, _source_row || ' N HARBOR ST, SAMPLETON, WI, 53204' as address from event;
create table release.marts.fct_police_calls as select 'k' || _source_row as police_call_key, event.* from event;
create table release.marts.fct_incidents as select 'k' || _source_row as incident_key, event.* replace (null::date as occurred_on),
    date '2025-01-01' as period_start, date '2025-12-31' as period_end, _source_row > 1 as is_arson, false as is_assault, false as is_burglary,
    false as is_criminal_damage, false as is_homicide, false as is_robbery, _source_row = 7 as is_sex_offense, false as is_theft,
    false as is_vehicle_theft, case _source_row when 1 then 0 when 7 then 2 else 1 end as offences_count,
    case when _source_row < 7 then _source_row || ' N HARBOR ST' end as address, '53204' as zip_code, '55079000101' as tract_reported,
    '4' as aldermanic_district_reported, '7' as police_district_reported, '100' as ward_reported, '1' as neighborhood_strategic_area_reported
    from event;
create table release.marts.fct_court_cases as select 'k' || _source_row as court_case_key, event.*, timestamp '2025-03-01 23:30' as court_case_at,
    'c' || _source_row as case_number, 'ordinance_1' as violation_code, 'Ordinance 1, Loitering' as violation_reported, 'contempt' as case_type_code,
    'Contempt' as case_type_reported, 'guilty' as finding_code, 'Guilty' as finding_reported, -87.9::double as longitude_reported,
    43.001::double as latitude_reported, _source_row || ' N HARBOR ST' as address_standard from event;
create table release.marts.fct_property_sales as select 'k' || _source_row as property_sale_key, event.*, occurred_on as sold_on,
    'month' as sold_on_precision, '0123456789' as parcel_number, 1000.0::decimal(18, 4) as price_usd from event;
create table release.marts.fct_lead_service_lines as select 'k' || _source_row as lead_service_line_key, event.*, true as is_latest_snapshot,
    _source_row || ' N HARBOR ST' as address, 'SAMPLETON' as municipality_reported, '53204' as zip_code from event;
create table release.marts.fct_lead_orders as select 'k' || _source_row as lead_order_key, event.*, true as is_latest_snapshot, _source_row || ' N HARBOR ST' as address,
    case when _source_row < 4 then 'open' else 'abated' end as order_status,
    case when _source_row < 4 then 'issued_on' else 'cleared_on' end as occurred_on_means,
    case when _source_row < 4 then occurred_on end as issued_on, case when _source_row < 4 then occurred_on end as exterior_due_on,
    null::date as interior_due_on, case when _source_row >= 4 then occurred_on end as cleared_on, occurred_on as data_as_of_on from event;
create table release.marts.fct_arpa_projects as select 'k' || _source_row as arpa_project_key,
    event.* replace (date '2025-03-31' + 92 * (_source_row % 2)::integer as occurred_on), date '2025-01-01' + 92 * (_source_row % 2)::integer as period_start,
    date '2025-03-31' + 92 * (_source_row % 2)::integer as period_end, 'P' || _source_row // 2 as project_id, '2.10' as category_code,
    'Assistance to Unemployed or Underemployed Workers' as category_name,
    'Assistance to Unemployed or Underemployed Workers (e.g. job training)' as category_name_reported,
    if(_source_row % 2 = 1, 'completed', 'half_or_more') as project_status_code, 100.0::decimal(18, 4) as adopted_budget_usd,
    40.0::decimal(18, 4) as obligated_in_period_usd, if(_source_row % 2 = 1, 80, 40)::decimal(18, 4) as obligated_usd,
    30.0::decimal(18, 4) as spent_in_period_usd, if(_source_row % 2 = 1, 60, 30)::decimal(18, 4) as spent_usd,
    '15' as primary_population_code, 'disproportionately_impacted' as primary_population_impact, '1' as second_population_code,
    'impacted' as second_population_impact, null::varchar as third_population_code, null::varchar as third_population_impact,
    true as is_in_qualified_census_tract, date '2025-06-01' as planned_completion_on,
    if(_source_row % 2 = 1, date '2025-05-01', null) as completed_on from event where _source_row > 1;
create table release.marts.fct_lead_tests as select 'k' || _source_row as lead_test_key,
    person.* replace (if(_source_row > 3, date '2022-01-01', date '2021-12-31') as occurred_on), if(_source_row > 3, 2, 1) as case_definition_version,
    if(_source_row > 3, 3.5, 5.0)::decimal(4, 1) as threshold_ug_dl, 4.0::double as result_ug_dl, _source_row > 3 as is_elevated,
    null::varchar as result_ug_dl_missing_reason, 30 as age_months from person;
create table release.marts.fct_engagement_events as select 'k' || _source_row as engagement_event_key, event.*,
    timestamp '2025-03-01 18:00' as engagement_event_at, timestamp '2025-03-01 20:00' as ended_at, 'e' || _source_row as event_number,
    'consult' as promised_level_code, if(_source_row = 7, 'not_collected', 'consult') as delivered_level_code, _source_row < 7 as is_promise_kept,
    'pop_up' as channel_code, ['en', 'es'] as language_codes, ['hmn'] as interpreters_asked, ['es'] as interpreters_offered,
    ['es', 'hmn'] as interpreters_given from event;
create temp table neighbor as select person.* replace (null::varchar as tract_geoid, null::varchar as aldermanic_district_geoid,
    null::varchar as aldermanic_district_vintage, null::varchar as police_district_geoid, 'delivered_code' as geocode_quality),
    'HARBOR' as neighborhood_reported from person;
create table release.marts.fct_engagement_participation as select 'k' || _source_row as engagement_participation_key, neighbor.*,
    'e' || _source_row as event_number, 'hmn' as language_code, if(_source_row = 7, 'declined', '25_44') as age_band_code from neighbor;
create table release.marts.fct_engagement_inputs as select 'k' || _source_row as engagement_input_key, neighbor.*, 'i' || _source_row as input_number,
    'e1' as event_number, if(_source_row = 7, 'not_collected', 'parks') as theme_code, 'es' as language_code, true as is_translated,
    date '2028-03-01' as retained_until_on from neighbor;
create table release.marts.fct_engagement_responses as select 'k' || _source_row as engagement_response_key,
    event.* replace (if(_source_row > 1, occurred_on, null) as occurred_on), 'i' || _source_row as input_number, 'k' || _source_row as engagement_input_key,
    if(_source_row > 1, 'declined', 'pending') as answer_code, if(_source_row > 1, 'not_collected', null) as declined_reason_code, 'Council' as decision_body,
    date '2025-02-20' as decided_on, '240101' as decision_reference, date '2025-02-10' as logged_on, if(_source_row > 1, date '2025-03-01', null) as told_on,
    'Letter' as told_channel_reported, if(_source_row > 1, ['en'], []) as told_language_codes, timestamp '2025-12-31' as data_as_of from event;
create table release.marts.fct_language_need as select 'dpt__visits' as source, '5553000' as jurisdiction, date '2018-01-01' as period_start,
    date '2022-12-31' as period_end, language_group_code, 'tract' as geography_type, '2020' as geography_vintage, '55079000101' as geoid, speakers,
    20.0 as speakers_moe, speakers / 2 as lep_people, 10.0 as lep_people_moe, 1000.0 as population, 50.0 as population_moe, speakers / 20 as lep_pct,
    1.0 as lep_pct_moe, 5.0 as planning_share_pct, 1000.0 as planning_people, 'uncertain' as planning_status
    from (values ('all', 300.0), ('spanish', 200.0), ('arabic', 100.0)) as t (language_group_code, speakers);
create table release.marts.dim_language as select language_code, label, label as own_name, 'spanish' as language_group_code, 'Spanish' as language_group_label,
    false as is_told_apart, 5.0 as planning_share_pct, 1000.0 as planning_people, language_code as tag, null::varchar as locale,
    'ltr' as direction, null::varchar as font, true as is_translated
    from (values ('en', 'English'), ('es', 'Spanish'), ('hmn', 'Hmong')) as t (language_code, label);
create table release.marts.dim_label as select 'measure' as subject, 'searched' as code, language_code, 'Searched' as label, 'machine' as review_status,
    null::varchar as kind, null::integer as sort_order
    from (values ('en'), ('es'), ('hmn')) as t (language_code);
create table release.marts.fct_payments as select 'k' || _source_row as payment_key, event.*, -1.5 as amount_usd from event;
create table release.marts.fct_police_stops as select 'k' || _source_row as police_stop_key, person.*, 'traffic' as stop_reason_code from person;
create table release.marts.fct_fatal_shootings as
    select 'k' || _source_row as fatal_shooting_key, person.*, date '2015-01-01' as period_start, date '2026-10-31' as period_end,
        'male' as sex_code, 40 as age_years, null::varchar as age_years_missing_reason, 'MILWAUKEE' as municipality_reported,
        'WI' as state_reported, '5553000' as city_geoid from person;
create table release.marts.fct_deaths_investigated as
    select 'k' || _source_row as investigated_death_key, person.*, 'male' as sex_code, 40 as age_years, null::varchar as age_years_missing_reason,
        'Homicide' as manner_reported, 'Gunshot Injury' as death_type_reported, true as is_homicide, false as is_drug_death from person;
create table release.marts.fct_employees as select 'k' || _source_row as employee_key, person.*, true as is_latest_snapshot from person;
create table release.marts.fct_survey_responses as select 'k' || _source_row as survey_response_key,
    person.* replace ('2938000' as jurisdiction, null::date as occurred_on, null::varchar as tract_geoid, null::varchar as aldermanic_district_geoid,
        null::varchar as aldermanic_district_vintage, null::varchar as police_district_geoid, null::varchar as neighborhood_geoid, 'none' as geocode_quality),
    date '2021-09-01' as period_start, date '2021-09-30' as period_end, 'w1' as wave, _source_row::varchar as respondent_number,
    case when _source_row = 1 then 'Italian' end as race_ethnicity_written_in, case when _source_row = 1 then 'white' end as race_ethnicity_written_in_code,
    'web' as survey_mode_code, '64114' as zip_code, '4' as council_district_reported from person;
create table release.marts.fct_survey_answers as select survey_response_key || item as survey_answer_key, responses.*, item, scale, scale = 'rating' as is_rating, case scale when 'rating' then 'higher' end as direction, scale = 'rating' as is_confirmed,
    case when answered then 5 end as answer, case when not answered then 'respondent_unknown' end as answer_missing_reason
    from release.marts.fct_survey_responses as responses
    cross join (values ('q1_01', 'rating'), ('q4_01', 'choice')) as items (item, scale), lateral (select item = 'q4_01' or _source_row <> 2 as answered);
create table release.marts.fct_student_outcomes as select 'k' || _source_row as student_outcome_key, person.*, date '2024-07-01' as period_start,
    date '2025-06-30' as period_end, 'enrollment' as metric, 'NORTH' as school_district_geoid, 'NORTH/HIGH' as school_geoid,
    '2024-25' as school_year, 'Race/Ethnicity' as dimension_reported, 'group ' || _source_row as group_reported, 'all' as stratum_type, 'all' as stratum_code,
    case when _source_row = 2 then 'suppressed_at_source' else 'computed' end as value_status, case when _source_row <> 2 then _source_row * 10 end as students_count,
    case when _source_row <> 2 then _source_row * 10.0 end as students_pct, null::bigint as diplomas_count, null::double as outcome_pct,
    case when _source_row = 2 then 'suppressed_by_state' end as gap_reason, null::bigint as cohort_class, null::double as extended_pct,
    null::varchar as extended_timeframe, null::integer as extended_years, null::varchar as extended_gap_reason from person;
-- a school's absent students: a rate of 0, one that the state hides, one of a group that is too small
insert into release.marts.fct_student_outcomes by name
    select * replace ('a' || _source_row as student_outcome_key, 'chronic_absenteeism' as metric, [40, 40, 19][_source_row] as students_count,
        [0.0, null, null][_source_row] as outcome_pct, [null, 'suppressed_by_state', 'group_under_20'][_source_row] as gap_reason,
        if(_source_row = 1, 'computed', 'suppressed_at_source') as value_status, null as students_pct)
    from release.marts.fct_student_outcomes where _source_row <= 3;
-- its removals of two groups: more than students; the state hides those of the other
create table release.marts.fct_school_removals as
    select category || _source_row as school_removal_key,
        * exclude (student_outcome_key, metric, students_count, students_pct, diplomas_count, outcome_pct, cohort_class, extended_pct, extended_timeframe,
            extended_years, extended_gap_reason),
        [40, null][_source_row] as students_count, [removals, null][_source_row] as removals_count, [2.5::double * removals, null][_source_row] as removals_per_100_reported
    from release.marts.fct_student_outcomes
    cross join (values ('all', 50), ('suspension', 48), ('expulsion', 2)) as kinds (category, removals)
    where metric = 'enrollment' and _source_row <= 2;
-- its exams: a percentage of those enrolled, one that the state hides, one of those tested
create table release.marts.fct_school_assessments as
    select exam || _source_row as school_assessment_key,
        * exclude (student_outcome_key, metric, students_count, students_pct, diplomas_count, outcome_pct, cohort_class, extended_pct, extended_timeframe,
            extended_years, extended_gap_reason, n),
        'ela' as subject, if(exam = 'act', 50, null) as students_count, 40 as tested_count,
        if(_source_row = 2, null, if(exam = 'act', 50, 40)) as denominator_count, if(_source_row = 2, null, 20) as proficient_count,
        if(_source_row = 2, null, if(exam = 'act', 40.0::double, 50.0::double)) as proficient_pct, 30.0::double as below_pct, 20.0::double as not_tested_pct, 18.5::double as average_score
    from release.marts.fct_student_outcomes
    cross join (values ('act', 1), ('forward', 2)) as exams (exam, n)
    where metric = 'enrollment' and _source_row <= 2;
-- its graduates: all, a part, a part whose diplomas are hidden; the fourth row is a school that hides everything
insert into release.marts.fct_student_outcomes by name
    select * replace ('c' || _source_row as student_outcome_key, 'hs_completion' as metric, [50, 30, 15, null][_source_row] as students_count,
        [40, 30, null, null][_source_row] as diplomas_count, [80.0, 100.0, null, null][_source_row] as outcome_pct,
        [null, null, 'diplomas_hidden', 'cohort_hidden'][_source_row] as gap_reason, 2024 as cohort_class,
        if(_source_row <= 2, 'computed', 'suppressed_at_source') as value_status, [90.0, null, null, null][_source_row] as extended_pct,
        [5, null, null, null][_source_row] as extended_years, [null, 'not_told', 'diplomas_hidden', 'cohort_hidden'][_source_row] as extended_gap_reason,
        if(_source_row in (1, 4), 'All Students', 'Gender') as dimension_reported, if(_source_row = 4, 'NORTH/LOW', school_geoid) as school_geoid,
        null as students_pct)
    from release.marts.fct_student_outcomes where metric = 'enrollment' and _source_row <= 4;
create table release.marts.fct_foreclosures_by_tract as
    select 'k' || _source_row as foreclosures_by_tract_key, event.* replace (if(_source_row > 4, '55079000102', tract_geoid) as tract_geoid),
        make_date(2010 + _source_row % 4, 1, 1) as period_start, make_date(2010 + _source_row % 4, 12, 31) as period_end, '2020' as tract_vintage,
        _source_row < 7 as is_delivered, 'computed' as value_status, if(_source_row < 7, 3, 0) as foreclosures_count, if(_source_row < 7, 300, null) as private_parcels_count,
        if(_source_row < 7, null, 'not_collected') as private_parcels_count_missing_reason, if(_source_row < 7, 10.0, null) as foreclosures_per_1000,
        if(_source_row < 7, 10.0, null) as foreclosures_per_1000_reported from event;
create table release.marts.fct_evictions_by_tract as
    select 'k' || _source_row as evictions_by_tract_key, event.*, make_date(2014 + _source_row, 12, 1) as period_start,
        make_date(2015 + _source_row, 11, 30) as period_end, 'tract' as geography_type, '2010' as geography_vintage,
        '5507900010' || (1 + _source_row % 2) as geoid, if(_source_row = 2, 'no_denominator', 'computed') as value_status,
        if(_source_row = 2, 0, 20) as filings_count, if(_source_row = 2, null, 200) as renter_households_count,
        if(_source_row = 2, 'not_collected', null) as renter_households_count_missing_reason,
        if(_source_row = 2, null, 10.0::double) as filings_per_100_renter_households,
        if(_source_row = 2, 0.0, 0.1)::double as filings_per_household_reported,
        if(_source_row = 3, 'no_majority', 'black') as place_majority_code, 20.0::double as white_households_pct,
        if(_source_row = 3, 45.0, 70.0) as black_households_pct, 10.0 as hispanic_households_pct
    from event where _source_row between 2 and 7;
create table release.marts.fct_health_outcomes_by_tract as
    select 'k' || _source_row as health_outcome_key, event.*, make_date(2010 + _source_row // 2, 1, 1) as period_start,
        make_date(2010 + _source_row // 2, 12, 31) as period_end, 'tract' as geography_type, '2010' as geography_vintage,
        '5507900010' || (1 + _source_row % 2) as geoid, 'copd' as condition_code, 'COPD' as condition_reported, '18_and_over' as age_universe,
        if(_source_row = 2, null, 7.5) as estimate_pct, if(_source_row = 2, null, 6.5) as estimate_pct_low,
        if(_source_row = 2, null, 8.5) as estimate_pct_high, if(_source_row = 2, 'not_collected', 'computed') as value_status, true as is_modelled
    from event where _source_row between 2 and 7;
create table release.marts.fct_published_estimates as
    select 'p' || n as published_estimate_key, source, place as jurisdiction, 'load' as _load_id, 'v.csv' as _source_file, n as _source_row,
        measure as published_measure, '2023' as release, kind as geography_type, 'current' as geography_vintage, place as geoid,
        date '2019-01-01' as period_start, date '2023-12-31' as period_end, 'spd15_1997' as race_standard, null as race_ethnicity_reported,
        code as race_ethnicity_code, group_kind, 'all' as stratum_type, 'all' as stratum_code, 'median' as statistic, value, unit,
        value - 1 as bound_low, value + 1 as bound_high, 'confidence_95' as bound_kind, null as publisher_quality, null::double as numerator,
        null::double as denominator, if(value is null, 'suppressed_at_source', null) as value_missing_reason, value as reported_value,
        false as is_reporting_change
    from (values (1, 'urban__employment', 'share_employed', 'city', '5553000', 'all', 'people', 77.5, 'percent'),
        (2, 'urban__employment', 'share_employed', 'city', '5553000', 'black', 'people', 70.9, 'percent'),
        (3, 'urban__employment', 'share_employed', 'city', '2255000', 'black', 'people', null, 'percent'),
        (4, 'chr__county_health', 'v063', 'county', '55079', 'black', 'overlapping_people', 38375.0, 'usd'),
        (5, 'census__acs_county', 'B19013_001', 'county', '55079', 'black', 'overlapping_people', 38375.0, 'usd')
    ) as figures (n, source, measure, kind, place, code, group_kind, value, unit);
create table release.marts.fct_population as
    select 'pl_2020' as population_scheme, place.geography_type, place.geography_vintage, place.geoid, 'spd15_1997' as race_standard,
        people.race_ethnicity_code, ages.age_universe, people.population * place.share * ages.share as population, null::double as moe, 'dpt__visits' as source, false as is_moved, 'exact' as fit_quality,
        'counted' as population_fit, null::double as ci_low, null::double as ci_high, null::varchar as ci_method
    from (values ('white', 30.0::double), ('black', 70.0), ('all', 100.0)) as people (race_ethnicity_code, population)
    cross join (values ('total', 1.0::double), ('18_and_over', 0.75)) as ages (age_universe, share)
    cross join (values ('city', 'current', '5553000', 1.0::double), ('tract', '2020', '55079000101', 0.5), ('tract', '2020', 'outside', 0.5))
        as place (geography_type, geography_vintage, geoid, share);
insert into release.marts.fct_population by name
    select * replace ('acs_2013_2017' as population_scheme, population * 10 as population, 5.0 as moe, true as is_moved,
        'estimated_fair' as population_fit, population * 8 as ci_low, population * 12 as ci_high, 'areal_interpolation' as ci_method)
    from release.marts.fct_population where age_universe = 'total';
create table release.marts.fct_equity_measures as
    select 'searched' as measure_id, 1 as measure_version, 'year' as period_type, date '2025-01-01' as period_start,
        date '2025-12-31' as period_end,
        geography_type, 'current' as geography_vintage, geoid, 'spd15_1997' as race_standard, race_ethnicity_code, tabulation, method,
        'all' as stratum_type, 'all' as stratum_code, '5553000' as jurisdiction, value_status, numerator, denominator,
        null::varchar as population_scheme, null::date as population_on, 100 * numerator / nullif(denominator, 0) as value, 'percent' as unit, 0.95 as confidence, value * 0.9 as ci_low,
        100 - 0.9 * (100 - value) as ci_high, case when value is not null then 'wilson' end as ci_method, reference_rule, reference_code,
        reference_value, value / reference_value as rate_ratio, rate_ratio * 0.5 as rate_ratio_ci_low, rate_ratio * 2 as rate_ratio_ci_high,
        value - reference_value as rate_difference, rate_difference - 5 as rate_difference_ci_low, rate_difference + 5 as rate_difference_ci_high,
        case when method = 'individual' and value is not null then 80.0::double end as known_race_pct, null::double as geocoded_pct,
        null::double as place_coverage_pct, value * 0.95 as bound_low, 100 - 0.95 * (100 - value) as bound_high, false as bridged,
        case when value is null then null when race_ethnicity_code in ('all', 'observer_unknown') then 'reliable' else 'use_with_caution' end
            as reliability,
        case when value_status <> 'computed' then value_status when reference_value is null then 'reference_row' end as status_reason, timestamp '2025-11-30' as data_as_of,
        0.9 * value / reference_value as rate_ratio_bound_low, 1.1 * value / reference_value as rate_ratio_bound_high,
        null::varchar as population_fit, case when value is not null then 'unknown_race' end as bound_source,
        null::double as period_coverage_pct, null::boolean as is_significant_fdr,
        null::double as value_smoothed, null::varchar as smoothing_method, null::double as funnel_low_95, null::double as funnel_high_95,
        null::double as funnel_low_998, null::double as funnel_high_998, null::double as expected_value, null::double as observed_expected_ratio,
        null::double as observed_expected_ci_low, null::double as observed_expected_ci_high,
        'A place' as place, 'A group' as group_name,
        method = 'place_weighted' as is_place_weighted, false as is_stand_in
    from (values
        ('city', '5553000', 'all', 'exclusive', 'individual', 'computed', 100.0::double, 400.0::double, null, null, null::double),
        ('city', '5553000', 'black', 'exclusive', 'individual', 'computed', 60.0, 160.0, 'best', 'white', 12.5),
        ('city', '5553000', 'black', 'alone_or_in_combination', 'individual', 'computed', 70.0, 170.0, null, null, null),
        ('city', '5553000', 'white', 'exclusive', 'individual', 'computed', 20.0, 160.0, null, null, null),
        ('city', '5553000', 'mena', 'exclusive', 'individual', 'no_denominator', 0.0, 0.0, null, null, null),
        ('city', '5553000', 'observer_unknown', 'exclusive', 'individual', 'computed', 20.0, 80.0, null, null, null),
        ('school', 'NORTH/HIGH', 'all', 'exclusive', 'aggregate', 'computed', 90.0, 90.0, null, null, null),
        ('school', 'NORTH/HIGH', 'white', 'exclusive', 'aggregate', 'computed', 40.0, 90.0, null, null, null),
        ('school', 'NORTH/HIGH', 'black', 'exclusive', 'aggregate', 'suppressed_at_source', null, null, null, null, null)
    ) as t (geography_type, geoid, race_ethnicity_code, tabulation, method, value_status, numerator, denominator, reference_rule,
        reference_code, reference_value);
-- a rate among the city's 100 residents, and by where its residents live
insert into release.marts.fct_equity_measures by name
    select * exclude (known_race_pct, bound_low, bound_high, bound_source, rate_ratio_bound_low, rate_ratio_bound_high, rate_ratio, rate_ratio_ci_low, rate_ratio_ci_high, rate_difference,
        rate_difference_ci_low, rate_difference_ci_high)
        replace (
            'visits' as measure_id, 'per_1000' as unit, 50.0::double as numerator, 100.0::double as denominator, 500.0::double as value,
            370.0::double as ci_low, 660.0::double as ci_high, 'byar' as ci_method, 'reliable' as reliability
        )
    from release.marts.fct_equity_measures where measure_id = 'searched' and race_ethnicity_code = 'all' and method = 'individual';
insert into release.marts.fct_equity_measures by name
    select * replace (
        'place_weighted' as method, 'black' as race_ethnicity_code, null as numerator, null as denominator, 600.0::double as value,
        'weighted_normal' as ci_method, 95.0 as place_coverage_pct
    )
    from release.marts.fct_equity_measures where measure_id = 'visits';
insert into release.marts.fct_equity_measures by name
    select * replace ('white' as race_ethnicity_code, 400.0::double as value)
    from release.marts.fct_equity_measures where method = 'place_weighted';
create table release.marts.fct_disparity_indices as
    select measure_id, measure_version, period_type, period_start, geography_type, geography_vintage, geoid, race_standard, method,
        'theil_index' as index_id, 0.01::double as value, null::double as ci_low, null::double as ci_high, 'black, white' as groups_used,
        null::varchar as groups_left_out, place, is_place_weighted, is_stand_in
    from release.marts.fct_equity_measures where method = 'place_weighted' and race_ethnicity_code = 'black';
create table release.marts.dim_goal as select 'g' as goal_id, 'Fair searches' as result, 'better_off' as accountability, 'Fewer' as title,
    true as is_example, null::date as adopted_on, null::varchar as council_file, 'dpt' as owner, 'dpt' as owner_department, 'health' as policy_area, null as legal_basis, null as funding_source, 'searched' as measure_id, 'Searches' as measure_name, 'percent' as unit,
    1 as measure_version, 'year' as period_type, 'city' as geography_type, 'current' as geography_vintage, '5553000' as geoid,
    'black' as target_group, 'white' as comparison_group, 'lower' as direction, date '2024-01-01' as baseline_period_start,
    50.0::double as baseline_value, 20.0::double as comparison_baseline_value, 38.0::double as target_value, date '2027-12-31' as target_on;
create table release.marts.fct_goal_progress as select 'g' as goal_id, 'year' as period_type, period_start, value, 50.0::double as baseline_value,
        45.0::double as expected_value, 38.0::double as target_value, value - 20 as gap, 30.0::double as gap_baseline, value - 55 as change_ci_low,
        value - 45 as change_ci_high, -3.0::double as comparison_change_ci_low, 3.0::double as comparison_change_ci_high, status, status_reason,
        period_start = date '2026-01-01' as is_latest
    from (values
        (date '2024-01-01', 50.0::double, 'insufficient_data', 'baseline_period'),
        (date '2025-01-01', 37.5, 'met', null),
        (date '2026-01-01', null, 'insufficient_data', 'not_collected')
    ) as t (period_start, value, status, status_reason);
create table release.marts.dim_peer_city as select '5512345' as geoid, 'Peer' as name, 'Wisconsin' as state, 500000 as population, 'as large' as peer_rule;
create table release.marts.dim_series_break as select 'searched' as measure_id, date '2020-01-01' as series_break_on, 'new_system' as cause,
    false as is_by_race_only, 'all' as geography_type, null::varchar as geography_vintage, 'Moved' as series_break_note;
create table release.marts.fct_gap_trends as select 'searched' as measure_id, 1 as measure_version, 'year' as period_type, 'all' as stratum_type,
    'all' as stratum_code, 'exclusive' as tabulation, 'spd15_1997' as race_standard, 'individual' as method, 'city' as geography_type,
    'current' as geography_vintage, '5553000' as geoid, 'black' as race_ethnicity_code, 'white' as reference_code, 'absolute' as scale,
    date '2020-01-01' as first_period, date '2024-01-01' as last_period, 5 as periods,
    [date '2020-01-01', date '2024-01-01'] as period_starts, 20.0::double as first_gap, 10.0::double as last_gap,
    -10.0::double as change, -15.0::double as change_ci_low, -5.0::double as change_ci_high, -2.5::double as annual_percent_change,
    -3.0::double as apc_ci_low, -2.0::double as apc_ci_high, 'narrowed' as word, null::varchar as word_reason, 'wls_points' as trend_method;
create table release.marts.fct_peer_comparison as select 'searched' as measure_id, 1 as measure_version, '5_year' as period_type,
    date '2019-01-01' as period_start, 'black' as race_ethnicity_code, 'white' as reference_code, '5553000' as geoid, 40.0::double as value,
    20.0::double as gap, 11.0::double as gap_ci_low, 29.0::double as gap_ci_high, 5 as peers, 18.0::double as peers_median_gap,
    'difference' as gap_kind, null::double as gap_ratio, null::double as gap_ratio_ci_low, null::double as gap_ratio_ci_high,
    null::double as peers_median_ratio, 1 as peers_narrower, 0 as peers_wider, 0 as peers_reversed, false as is_rank_shown, 2 as rank_low, 6 as rank_high,
    'City' as place, 'Black' as group_name, true as is_latest;
create table release.marts.scorecard as select
    'searched' as measure_id, 1 as measure_version, 'Searched' as measure, 'public_safety' as policy_area, 'How many?' as question,
    'year' as period_type, date '2024-01-01' as period_start, date '2024-12-31' as period_end, '2024' as period, 'city' as
    geography_type, 'current' as geography_vintage, '5553000' as geoid, 'City' as place, 'black' as race_ethnicity_code, 'Black' as
    group_name, 'category' as group_kind, 30 as group_order, 'spd15_1997' as race_standard, 'exclusive' as tabulation, 'individual' as
    method, 'all' as stratum_type, 'all' as stratum_code, 'own_race' as basis, 'Race' as basis_text, null::double as numerator, null::double as denominator, null::varchar as population_scheme, null::date as population_on, 40.0::double as value,
    'percent' as unit, 'Percent' as unit_text, null::double as ci_low, null::double as ci_high, null::double as bound_low, null::double
    as bound_high, null::double as known_race_pct, 'lower' as favourable_direction, 'published' as publication_status, 'shown' as
    status_code, 'Shown' as status_text, null::double as city_value, null::varchar as compared_with_city, null::varchar as
    compared_with_city_text, 2.0::double as rate_ratio, null::double as rate_ratio_ci_low, null::double as rate_ratio_ci_high, 'white'
    as reference_code, 'White' as compared_with, 'higher' as compared_with_reference, null::varchar as compared_with_reference_text,
    null::varchar as gap_kind, null::double as gap, null::double as gap_low, null::double as gap_high, null::double as excess,
    null::double as excess_low, null::double as excess_high, null::integer as excess_years, null::double as attributable_pct, null::date as change_from, null::double as change_from_value, null::double as change, null::double as change_ci_low, null::double as
    change_ci_high, null::varchar as change_word, null::varchar as change_text, null::date as trend_from, null::double as
    trend_from_value, null::double as trend, null::double as trend_ci_low, null::double as trend_ci_high, null::varchar as trend_word,
    null::varchar as trend_text, date '2020-01-01' as series_break_on, null::varchar as trend_exclusion, true as is_latest, true as is_featured, false as is_stand_in, null::timestamp as data_as_of,
    'chance' as range_kind, 'reliable' as reliability, null::varchar as publisher_quality, null::double as numerator_low, null::double as numerator_high, null::double as place_coverage_pct, null::varchar as status_reason, null::varchar as
    compared_with_city_reason, null::double as value_smoothed, null::double as funnel_low_95, null::double as funnel_high_95, null::double as funnel_low_998,
    null::double as funnel_high_998, null::double as expected_value, null::double as observed_expected_ratio, null::double as observed_expected_ci_low,
    null::double as observed_expected_ci_high, null::varchar as compared_reason, null::date as covered_from, null::date as covered_until, true as is_period_complete;
insert into release.marts.scorecard select * replace (
    'white' as race_ethnicity_code, 'White' as group_name, 'unreliable' as publication_status, null as value, null as rate_ratio, null as reference_code, null as compared_with,
    null as compared_with_reference, null as range_kind, 'unreliable' as reliability
) from release.marts.scorecard;
create table release.marts.dim_text as select 'status.hidden' as text_id, 'status' as subject, 'hidden' as code, 'en' as language, 'Hidden' as text,
    'none' as review_status, null::varchar as reviewed_by;
