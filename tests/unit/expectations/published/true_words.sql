-- Hispanic 10.1 (9.4 to 10.8) against White 10.0 (9.0 to 11.0): 0.1 (-1.2 to 1.4) points, within the 1.5 of this measure.
-- Black 20.5 (18.4 to 22.6) against White 10.0 (9.0 to 11.0): ratio 2.05. Asian 10.4 (8.0 to 13.0): no way to know.
-- Everyone went down. District 3 is above the city.
create schema public.published;
create table public.published.rules as select * from (values
    ('about_the_same_percent', 0.5, 'percentage points'), ('about_the_same_own', 1.5, 'percentage points'),
    ('about_the_same_years', 1.0, 'years')
) as t (rule, value, unit);
create table public.published.scorecard as
with groups as (
    select * from (values
        ('all', 12.0, 11.0, 13.0, null, null, null, null, null),
        ('white', 10.0, 9.0, 11.0, null, null, null, null, null),
        ('black', 20.5, 18.4, 22.6, 'white', 2.05, 1.7, 2.4, 'higher'),
        ('asian', 10.4, 8.0, 13.0, 'white', 1.04, 0.7, 1.4, 'cannot_tell'),
        ('hispanic', 10.1, 9.4, 10.8, 'white', 1.01, 0.9, 1.13, 'about_the_same'),
        ('nhpi', null, null, null, null, null, null, null, null)
    ) as t (race_ethnicity_code, value, ci_low, ci_high, reference_code, rate_ratio, rate_ratio_ci_low, rate_ratio_ci_high, word)
)
select
    'own' as measure_id, 1 as measure_version, 'year' as period_type, date '2024-01-01' as period_start, 'city' as geography_type,
    'current' as geography_vintage, '99' as geoid, 'Town' as place, race_ethnicity_code, 'acs' as race_standard, 'exclusive' as tabulation,
    'individual' as method, 'all' as stratum_type, 'all' as stratum_code, value, 'percent' as unit, ci_low, ci_high, reference_code, rate_ratio, rate_ratio_ci_low, rate_ratio_ci_high,
    word as compared_with_reference, null::varchar as gap_kind, null::double as gap_low, null::double as gap_high, null::varchar as compared_reason, 'White' as compared_with,
    case word when 'higher' then 'Higher than White' end as compared_with_reference_text,
    case when value is null then 'suppressed' else 'published' end as publication_status,
    null::double as city_value, null::varchar as compared_with_city, null::varchar as compared_with_city_reason, null::varchar as compared_with_city_text,
    case race_ethnicity_code when 'all' then date '2023-01-01' end as change_from, case race_ethnicity_code when 'all' then -3.0 end as change,
    case race_ethnicity_code when 'all' then -5.0 end as change_ci_low, case race_ethnicity_code when 'all' then -1.0 end as change_ci_high,
    case race_ethnicity_code when 'all' then 'lower' end as change_word, null::varchar as change_text, null::date as trend_from,
    null::double as trend, null::double as trend_ci_low, null::double as trend_ci_high, null::varchar as trend_word, null::varchar as trend_text,
    case when value is not null then 'sampling' end as range_kind, case when value is not null then 'reliable' end as reliability,
    null::varchar as status_reason, null::varchar as publisher_quality, case when value is not null then date '2024-01-01' end as covered_from,
    case when value is not null then date '2024-12-31' end as covered_until, case when value is not null then true end as is_period_complete,
    true as is_featured
from groups;
insert into public.published.scorecard select * replace (
    '3' as geoid, 'aldermanic_district' as geography_type, 'District 3' as place, 15.0 as value, 14.0 as ci_low, 16.0 as ci_high,
    12.0 as city_value, 'higher' as compared_with_city, 'Higher than the city' as compared_with_city_text, null as change_word, false as is_featured
) from public.published.scorecard where race_ethnicity_code = 'all';
insert into public.published.scorecard select * replace (
    date '2023-01-01' as period_start, 15.0 as value, 14.0 as ci_low, 16.0 as ci_high, null as change_word, false as is_featured
) from public.published.scorecard where race_ethnicity_code = 'all' and geoid = '99';
create table public.published.equity_measures as select * exclude (is_featured), true as is_shown_first,
    case race_ethnicity_code when 'hispanic' then 0.1 end as rate_difference,
    case race_ethnicity_code when 'hispanic' then -1.2 end as rate_difference_ci_low,
    case race_ethnicity_code when 'hispanic' then 1.4 end as rate_difference_ci_high
from public.published.scorecard;
create table public.published.texts as select * from (values
    ('en', 'reference_comparison.higher', 'Higher than {group}'), ('en', 'city_comparison.higher', 'Higher than the city')
) as t (language, text_id, text);
create table public.published.goals as select 'less' as goal_id, 'own' as measure_id, 'city' as geography_type, '99' as geoid,
    ['black'] as group_codes, 'lower' as direction;
create table public.published.goal_progress as select 'less' as goal_id, 'year' as period_type, date '2024-01-01' as period_start,
    'on_track' as status, 20.5 as value, 21.0 as expected_value, 12.0 as target_value;
create table public.published.peer_comparison as select 'own' as measure_id, 'Town' as place, 'year' as period_type,
    date '2024-01-01' as period_start, 'black' as race_ethnicity_code, 10.5 as gap, 8.0 as gap_ci_low, 13.0 as gap_ci_high, 20 as peers,
    3 as rank_low, 9 as rank_high;
