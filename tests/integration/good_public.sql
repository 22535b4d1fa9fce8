-- A public file in which every rule of its suites holds: what test_published_gate.py spoils, one rule at a time.
create schema public.published;
create table public.published.sources as select * replace ('police' as source, 'person' as statistical_unit) from (select
    'requests' as source, 'Requests' as title, 'dpt' as department, 'health' as policy_area, '5553000' as jurisdiction, false as is_stand_in,
    'one row per request' as grain, 'Team' as steward_team, 'a file' as platform, 'daily' as cadence, 'open_data' as basis,
    'public' as classification, 11 as suppress_below, 'show' as zeros, 'unless_published' as protect, true as is_protected, 'record' as statistical_unit, 'self' as collection_mode,
    null::varchar as race_vocabulary, null::varchar as race_standard, null::varchar as race_selection, null::varchar as follow_up_until,
    null::integer as follow_up_days, null::date as period_start, null::date as period_end, null::timestamp as data_as_of, true as has_model,
    'allowed' as republish, 'valid' as agreement_status, null::date as agreement_valid_until, null::varchar as agreement_keep_for, null::date as counted_until,
    null::bigint as later_records, null::boolean as has_rows_of_place, null::varchar as licence_id, null::varchar as licence_attribution,
    null::boolean as licence_share_alike, null::boolean as licence_commercial, true as is_of_city);
insert into public.published.sources select * replace ('requests' as source, 'record' as statistical_unit) from public.published.sources;
create table public.published.measures as select
    'searched' as measure_id, 1 as measure_version, 'Searched' as name, 'How many?' as question, null::varchar as caveat, 'a ÷ b' as definition,
    'public_safety' as policy_area, 'Office' as owner, 'police' as source, 'proportion' as kind, 'searched' as numerator, 'stopped' as denominator,
    'percent' as unit, 'lower' as favourable_direction, 'person' as statistical_unit, true as numerator_is_subset, 'best' as reference_rule,
    null::varchar as reference_code, 20 as minimum_n, null::varchar as age_universe, null::varchar as population_scheme, null::varchar as places,
    null::varchar as weighted_places, null::varchar as stratified_places, 'a' as agreement, 'law' as legal_basis, 'money' as funding_source, false as is_estimate, 'sampling' as interval_basis,
    true as is_current, null::date as series_break_on, null::varchar as series_break_note,
    null::date as retired_on, null::varchar as successor, null::varchar as retirement_reason,
    null::varchar as licence_id, null::varchar as licence_attribution,
    null::boolean as licence_share_alike, null::boolean as licence_commercial,
    'Read with care.' as public_caveat, 'city' as featured_geography_type, 'current' as featured_geography_vintage, '5553000' as featured_geoid,
    'year' as featured_period_type, date '2024-01-01' as featured_period_start, true as shows_trend, null::date as trend_from, 'why' as trend_note, null::varchar as shown_adjustment, 70.0::double as partly_shown_limit,
    true as has_figures_by_race, false as has_figures_by_place, 'shown' as availability, 'There are figures' as availability_text;
insert into public.published.measures select * replace (
    'visits' as measure_id, 'requests' as source, 'rate' as kind, 'record' as statistical_unit, 'per_1000' as unit
) from public.published.measures;
create table public.published.geographies as
    select concat_ws(':', geography_type, geography_vintage, geoid) as geography_key, *, geoid as name, null::date as valid_from,
        null::date as valid_to, null::double as land_area_sq_m, null::blob as geometry_wkb, 1 as scorecard_order,
        false as is_council_district
    from (values ('city', 'current', '5553000')) as t (geography_type, geography_vintage, geoid);
-- white is the best; black is shown, asian hidden, nhpi counted and without a value, mena not offered; visits are not of persons
create temp table shown as select
    'searched' as measure_id, 1 as measure_version, 'year' as period_type, date '2024-01-01' as period_start, date '2024-12-31' as period_end,
    'city' as geography_type, 'current' as geography_vintage, '5553000' as geoid, 'spd15_1997' as race_standard, 'white' as race_ethnicity_code,
    'exclusive' as tabulation, 'individual' as method, 'all' as stratum_type, 'all' as stratum_code, '5553000' as jurisdiction,
    'published' as publication_status, 'computed' as value_status, 40.0::double as numerator, 200.0::double as denominator, 20.0::double as value,
    null::varchar as population_scheme, null::date as population_on, 'percent' as unit, 0.95::double as confidence, 15.0::double as ci_low, 26.0::double as ci_high, 'wilson' as ci_method,
    'best' as reference_rule, 'white' as reference_code, 20.0::double as reference_value, null::double as rate_ratio,
    null::double as rate_ratio_ci_low, null::double as rate_ratio_ci_high, null::double as rate_difference,
    null::double as rate_difference_ci_low, null::double as rate_difference_ci_high, 95.0::double as known_race_pct,
    97.0::double as geocoded_pct, null::double as place_coverage_pct, 19.0::double as bound_low, 23.0::double as bound_high, false as bridged,
    'reliable' as reliability, 'reference_row' as status_reason, timestamp '2025-01-05' as data_as_of,
    null::double as rate_ratio_bound_low, null::double as rate_ratio_bound_high, null::varchar as population_fit,
    'unknown_race' as bound_source, null::double as period_coverage_pct, null::boolean as is_significant_fdr,
    null::double as value_smoothed, null::varchar as smoothing_method, null::double as funnel_low_95, null::double as funnel_high_95,
    null::double as funnel_low_998, null::double as funnel_high_998, null::double as expected_value, null::double as observed_expected_ratio,
    null::double as observed_expected_ci_low, null::double as observed_expected_ci_high,
    true as is_shown_first,
    'A place' as place, 'A group' as group_name, false as is_place_weighted, false as is_stand_in;
create table public.published.equity_measures as from shown;
insert into public.published.equity_measures select * replace (
    'black' as race_ethnicity_code, 80.0 as numerator, 40.0 as value, 33.0 as ci_low, 47.0 as ci_high, 2.0 as rate_ratio, 1.4 as rate_ratio_ci_low,
    2.8 as rate_ratio_ci_high, 20.0 as rate_difference, 11.0 as rate_difference_ci_low, 29.0 as rate_difference_ci_high, 38.0 as bound_low,
    43.0 as bound_high, 1.7 as rate_ratio_bound_low, 2.3 as rate_ratio_bound_high, null as status_reason
) from shown;
create temp table hidden as select * replace (
    'asian' as race_ethnicity_code, 'suppressed' as publication_status, null::double as numerator, null::double as denominator,
    null::double as value, null::double as confidence, null::double as ci_low, null::double as ci_high, null::varchar as ci_method,
    null::varchar as reference_code, null::double as reference_value, null::double as known_race_pct, null::double as geocoded_pct,
    null::double as bound_low, null::double as bound_high, null::boolean as bridged, null::varchar as reliability, null::varchar as bound_source,
    'suppressed' as status_reason
) from shown;
insert into public.published.equity_measures from hidden;
insert into public.published.equity_measures select * replace (
    'nhpi' as race_ethnicity_code, 'unreliable' as publication_status, 0.0 as numerator, null as value, null as ci_low, null as ci_high,
    null as ci_method, null as reference_value, null as bound_low, null as bound_high, null as bound_source,
    'unreliable' as reliability,
    'unreliable' as status_reason
) from shown;
insert into public.published.equity_measures select * replace (
    'other_race' as race_ethnicity_code, 'not_collected' as publication_status, 'not_collected' as value_status, null as numerator,
    null as denominator, null as value, null as ci_low, null as ci_high, null as ci_method, null as reference_value, null as bound_low,
    null as bound_high, null as bound_source, null as reliability, 'not_in_vocabulary' as status_reason
) from shown;
insert into public.published.equity_measures select * replace (
    'visits' as measure_id, 'per_1000' as unit, 'all' as race_ethnicity_code, 'place_weighted' as method, 95.0 as place_coverage_pct,
    null as numerator, null as denominator, 'overall' as reference_rule, 'all' as reference_code, null as reference_value
) from shown;
-- a rate of what the source hides, over residents that everybody knows
insert into public.published.equity_measures select * replace (
    'visits' as measure_id, 'per_1000' as unit, 'suppressed_at_source' as value_status, 1000.0 as denominator
) from hidden;
create table public.published.disparity_indices as select measure_id, measure_version, period_type, period_start, geography_type, geography_vintage,
    geoid, race_standard, method, 'theil_index' as index_id, 'published' as publication_status, 0.06::double as value, null::double as ci_low,
    null::double as ci_high, 'black, white' as groups_used, 'nhpi' as groups_left_out, place, is_place_weighted, is_stand_in from shown;
insert into public.published.disparity_indices select * replace (
    'mean_log_deviation' as index_id, 'suppressed' as publication_status, null as value, null as groups_used, null as groups_left_out
) from public.published.disparity_indices;
create table public.published.goal_progress as select 'fewer' as goal_id, 'year' as period_type, date '2024-01-01' as period_start,
    date '2024-12-31' as period_end, 'published' as publication_status, 40.0::double as value, 33.0::double as ci_low, 47.0::double as ci_high,
    45.0::double as baseline_value, 41.0::double as expected_value, 30.0::double as target_value, 20.0::double as comparison_value,
    20.0::double as comparison_baseline_value, 20.0::double as gap, 25.0::double as gap_baseline, -9.0::double as change_ci_low,
    -1.0::double as change_ci_high, -3.0::double as comparison_change_ci_low, 3.0::double as comparison_change_ci_high, 'on_track' as status,
    null::varchar as status_reason, true as is_latest;
insert into public.published.goal_progress select * replace (
    'hidden' as goal_id, 'suppressed' as publication_status, null as value, null as ci_low, null as ci_high, null as baseline_value,
    null as expected_value, null as target_value, null as comparison_value, null as comparison_baseline_value, null as gap, null as gap_baseline,
    null as change_ci_low, null as change_ci_high, null as comparison_change_ci_low, null as comparison_change_ci_high, null as status,
    'suppressed' as status_reason
) from public.published.goal_progress;
create table public.published.labels as select 'engagement_theme' as subject, code, 'en' as language_code, code as label, 'original' as review_status, null::varchar as kind, null::integer as sort_order
    from (values ('parks'), ('jobs'), ('youth')) as t (code);
create table public.published.engagement_responses as select '5553000' as jurisdiction, 'city' as geography_type, 'current' as geography_vintage,
    '5553000' as geoid, 'year' as period_type, date '2024-01-01' as period_start, date '2024-12-31' as period_end, date '2025-01-30' as closed_on,
    'parks' as theme_code, 'Parks' as theme_label, 'published' as publication_status, 60::bigint as inputs_count, 30::bigint as adopted_count,
    0::bigint as adapted_count, 12::bigint as declined_count, 18::bigint as pending_count, date '2024-02-01' as first_told_on,
    date '2025-01-02' as last_told_on, ['en'] as told_in_languages, ['budget'] as declined_reasons, ['240101'] as decision_references;
insert into public.published.engagement_responses select * replace (
    unnest(['jobs', 'youth']) as theme_code, 'suppressed' as publication_status, null as inputs_count, null as adopted_count, null as adapted_count,
    null as declined_count, null as pending_count, null as first_told_on, null as last_told_on, null as told_in_languages,
    null as declined_reasons, null as decision_references
) from public.published.engagement_responses;
create table public.published.peer_comparison as select measure_id, measure_version, period_type, period_start, race_ethnicity_code, 'white' as reference_code,
    geoid, value, 20.0::double as gap, 11.0::double as gap_ci_low, 29.0::double as gap_ci_high, 5 as peers, 18.0::double as peers_median_gap,
    'difference' as gap_kind, null::double as gap_ratio, null::double as gap_ratio_ci_low, null::double as gap_ratio_ci_high,
    null::double as peers_median_ratio, 1 as peers_narrower, 0 as peers_wider, 0 as peers_reversed, false as is_rank_shown,
    2 as rank_low, 6 as rank_high, 'City' as place, 'Black' as group_name, true as is_latest
from public.published.equity_measures where measure_id = 'searched' and race_ethnicity_code = 'black';
create table public.published.gap_trends as select measure_id, measure_version, period_type, stratum_type, stratum_code, tabulation, race_standard, method,
    geography_type, geography_vintage, geoid, race_ethnicity_code, 'white' as reference_code, 'absolute' as scale, date '2020-01-01' as first_period,
    period_start as last_period, 5 as periods, [date '2020-01-01', period_start] as period_starts, rate_difference + 10 as first_gap, rate_difference as last_gap, -10.0::double as change,
    -15.0::double as change_ci_low, -5.0::double as change_ci_high, -2.5::double as annual_percent_change, -3.0::double as apc_ci_low,
    -2.0::double as apc_ci_high, 'narrowed' as word, null::varchar as word_reason, 'wls_points' as trend_method
from public.published.equity_measures where measure_id = 'searched' and race_ethnicity_code = 'black' and rate_difference is not null;
create table public.published.scorecard as select
    measure_id, measure_version, case measure_id when 'visits' then 'Visits' else 'Searched' end as measure, 'public_safety' as policy_area, 'How many?' as question, period_type,
    period_start, period_end, '2024' as period, geography_type, geography_vintage, geoid, 'City' as place, race_ethnicity_code,
    race_ethnicity_code as group_name, 'category' as group_kind, 1 as group_order, race_standard, tabulation, method, stratum_type, stratum_code, case when method =
    'place_weighted' then 'where_people_live' else 'own_race' end as basis, 'Race' as basis_text, numerator, denominator, population_scheme, population_on, value, unit,
    'Percent' as unit_text, ci_low, ci_high, bound_low, bound_high, value_smoothed, funnel_low_95, funnel_high_95, funnel_low_998, funnel_high_998,
    expected_value, observed_expected_ratio, observed_expected_ci_low, observed_expected_ci_high, known_race_pct, 'lower' as favourable_direction, publication_status,
    case publication_status when 'published' then 'shown' when 'suppressed' then 'hidden' when 'unreliable' then 'too_few' else
    'not_recorded' end as status_code, 'Shown' as status_text, null::double as city_value, null::varchar as compared_with_city,
    null::varchar as compared_with_city_text, case when rate_ratio is not null then rate_ratio end as rate_ratio, case when rate_ratio
    is not null then rate_ratio_ci_low end as rate_ratio_ci_low, case when rate_ratio is not null then rate_ratio_ci_high end as
    rate_ratio_ci_high, case when rate_ratio is not null then reference_code end as reference_code, case when rate_ratio is not null
    then 'White' end as compared_with, case when rate_ratio is not null then 'higher' end as compared_with_reference, null::varchar as
    compared_with_reference_text, null::varchar as gap_kind, null::double as gap, null::double as gap_low, null::double as gap_high,
    case when rate_ratio is not null and method = 'individual' then denominator * rate_difference / 100 end as excess,
    case when rate_ratio is not null and method = 'individual' then denominator * rate_difference_ci_low / 100 end as excess_low,
    case when rate_ratio is not null and method = 'individual' then denominator * rate_difference_ci_high / 100 end as excess_high, case when rate_ratio is not null and method = 'individual' then 1 end as excess_years,
    case when rate_ratio is not null and method = 'individual' then 40.0::double end as attributable_pct,
    null::date as change_from, null::double as change_from_value, null::double as change, null::double as
    change_ci_low, null::double as change_ci_high, null::varchar as change_word, null::varchar as change_text, null::date as trend_from,
    null::double as trend_from_value, null::double as trend, null::double as trend_ci_low, null::double as trend_ci_high, null::varchar
    as trend_word, null::varchar as trend_text, date '2020-01-01' as series_break_on, null::varchar as trend_exclusion, true as is_latest, true as is_featured, false as is_stand_in, data_as_of,
    case when publication_status = 'published' then 'chance' end as range_kind, reliability, null::varchar as publisher_quality, null::double as numerator_low, null::double as numerator_high, null::double as place_coverage_pct,
    case when publication_status <> 'suppressed' then status_reason end as status_reason, null::varchar as compared_with_city_reason,
    null::varchar as compared_reason, case when publication_status <> 'suppressed' then period_start end as covered_from,
    case when publication_status <> 'suppressed' then period_end end as covered_until,
    case when publication_status <> 'suppressed' then true end as is_period_complete
from public.published.equity_measures;
create table public.published.texts as select 'status.hidden' as text_id, 'status' as subject, 'hidden' as code, 'en' as language, 'Hidden' as text,
    'none' as review_status, null::varchar as reviewed_by;
create table public.published.goals as select 'fewer' as goal_id, 'Fewer' as title, 'Result' as result, null::varchar as note, 'searched' as measure_id,
    1 as measure_version, 'public_safety' as policy_area, ['black'] as group_codes, 'white' as reference_code, 'city' as geography_type,
    'current' as geography_vintage, '5553000' as geoid, 'year' as period_type, 'lower' as direction, 'percent' as unit,
    date '2023-01-01' as baseline_period_start, 45.0::double as baseline_value, 30.0::double as target_value, null::double as benchmark_value,
    date '2027-12-31' as due_on, 'Office' as owner, true as is_example,
    null::date as adopted_on, null::varchar as council_file, null::varchar as owner_department;
create table public.published.languages as select 'en' as language_code, 'English' as label, 'English' as own_name, 'en' as tag,
    'en_US' as locale, 'ltr' as direction, null::varchar as font, 10 as sort_order;
create table public.published.series_breaks as select 'searched' as measure_id, date '2020-01-01' as series_break_on, 'new_system' as cause,
    'A new computer system keeps the records' as cause_text, false as is_by_race_only, 'all' as geography_type, null::varchar as geography_vintage,
    'Moved' as series_break_note;
create table public.published.goal_targets as select goal_id, 60.0 as target_value, 'percent' as unit, date '2027-12-31' as due_on, null::date as valid_from,
    date '2025-06-30' as valid_to, 'The budget was cut.' as reason from public.published.goals;
insert into public.published.goals select * replace ('hidden' as goal_id, null as baseline_value) from public.published.goals;
create table public.published.strata as select 'all' as stratum_type, 'all' as stratum_code, 'All' as label, 0 as sort_order;
create table public.published.street_districts as select 'N 27TH ST' as street, 'both' as parity, 100 as from_number, 1999 as to_number, '4' as
    district, '2022' as vintage, '27TH ST' as street_name;
insert into public.published.geographies select * replace ('aldermanic_district' as geography_type, '2022' as geography_vintage, '4' as geoid,
    'aldermanic_district:2022:4' as geography_key, null as scorecard_order, true as is_council_district) from public.published.geographies;
create table public.published.corrections as select '20250105T000000-abc' as release_id, 'visits' as measure_id, 'It was 6.' as what,
    null::varchar as why, '2025Q1' as edition, 'minor' as severity, true as said_by_office, timestamp '2025-02-01' as "at";
insert into public.published.corrections select * replace (
    '2 figures are others now' as what, null as edition, 'revision' as severity, false as said_by_office, null as "at"
) from public.published.corrections;
insert into public.published.corrections select * replace (
    'One figure of this edition is another now' as what, 'revision' as severity, false as said_by_office
) from public.published.corrections where said_by_office;
create table public.published.data_issues as select 'REQ-01' as issue_id, 'requests' as source, 'Some are missing.' as summary;
create table public.published.theme_measures as select 'parks' as theme_code, 'visits' as measure_id, 'Visits' as measure, 1 as sort_order;
create table public.published.headlines as select 'visits' as measure_id, 'en' as language, 1 as sort_order, 'of_every' as pattern,
    '{figure} of every 100.' as sentence, 'none' as review_status, null::varchar as reviewed_by;
create table public.published.actions as select 'a1' as action_id, 'visits' as measure_id, 'Doulas' as program, 'Health' as department,
    'under_way' as status, 100.0::double as budget_usd, 40.0::double as spent_usd, date '2025-01-31' as money_on, null::varchar as link,
    date '2025-02-01' as updated_on;
create table public.published.as_reported_history as select
    measure_id, measure_version, period_type, period_start, geography_type, geography_vintage, geoid, race_standard, tabulation, method, stratum_type,
    stratum_code, race_ethnicity_code, period_end, unit, 'revised' as history_status, 'r1' as first_release_id, date '2025-02-01' as first_published_on,
    value - 1 as first_value, bound_low - 1 as first_bound_low, bound_high - 1 as first_bound_high, value, bound_low, bound_high, publication_status,
    1 as revisions, 'new_records' as revision_reason, date '2025-03-01' as last_revised_on
from public.published.equity_measures where measure_id = 'searched' and race_ethnicity_code = 'black';
insert into public.published.as_reported_history select * replace (
    'white' as race_ethnicity_code, 'withheld' as history_status, null as first_release_id, null as first_published_on, null as first_value,
    null as first_bound_low, null as first_bound_high, 20.0 as value, 19.0 as bound_low, 23.0 as bound_high
) from public.published.as_reported_history;
create table public.published.as_reported_editions as select
    measure_id, measure_version, period_type, period_start, geography_type, geography_vintage, geoid, race_standard, tabulation, method, stratum_type,
    stratum_code, race_ethnicity_code, period_end, unit, '2025Q1' as edition, 'r1' as release_id, value - 2 as edition_value,
    bound_low - 2 as edition_bound_low, bound_high - 2 as edition_bound_high, value, bound_low, bound_high, publication_status, last_revised_on
from public.published.as_reported_history where history_status = 'revised';
