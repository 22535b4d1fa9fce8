-- Twenty questions that a dashboard asks, each a chart or a table of it. A title names the file that is asked: analyst or public.
-- Those of the first half read the facts, which grow with the events; the others read measures.

-- analyst: requests by month
select date_trunc('month', occurred_on) as month, count(*) as requests from marts.fct_service_requests group by all order by all;

-- analyst: the ten kinds of request asked for most, and how soon half of those that were closed were
select request_type, count(*) as requests, median(days_to_close) as days
from marts.fct_service_requests
group by all order by requests desc limit 10;

-- analyst: requests of the last 30 days by aldermanic district
select aldermanic_district_geoid, count(*) as requests
from marts.fct_service_requests
where occurred_on > (select max(occurred_on) from marts.fct_service_requests) - interval 30 days
group by all order by all;

-- analyst: requests on a map of tracts
select tract_geoid, count(*) as requests, count(*) filter (where days_to_close <= 2) as closed_by_second_day
from marts.fct_service_requests
where occurred_on >= date '2025-07-01'
group by all;

-- analyst: the newest hundred requests of a neighborhood
select occurred_on, request_type, address, closed_at
from marts.fct_service_requests
where neighborhood_geoid = (select min(geoid) from marts.dim_geography where geography_type = 'neighborhood')
order by occurred_on desc, service_request_key limit 100;

-- analyst: calls by hour of the day and day of the week
select dayofweek(occurred_on) as weekday, hour(police_call_at) as hour_of_day, count(*) as calls
from marts.fct_police_calls group by all order by all;

-- analyst: calls by police district and month
select police_district_geoid, date_trunc('month', occurred_on) as month, count(*) as calls
from marts.fct_police_calls group by all order by all;

-- analyst: what calls are about, in one district
select nature, count(*) as calls from marts.fct_police_calls where police_district_geoid = '3' group by all order by calls desc limit 20;

-- analyst: stops and searches by race and month
select
    date_trunc('month', occurred_on) as month,
    race_ethnicity_code,
    count(*) as stops,
    count(*) filter (where is_person_searched) as searches
from marts.fct_police_stops group by all order by all;

-- analyst: what was paid by department and year
select year(occurred_on) as paid_in, spending_department_name, sum(amount_usd) as usd, count(*) as payments
from marts.fct_payments group by all order by usd desc;

-- analyst: a measure by race, with intervals
select races.label, m.period_start, m.value, m.ci_low, m.ci_high, m.bound_low, m.bound_high, m.reliability
from marts.fct_equity_measures as m
inner join marts.dim_race_ethnicity as races on m.race_ethnicity_code = races.race_ethnicity_code
where
    m.measure_id = 'stops_searched_share' and m.period_type = 'year' and m.geography_type = 'city' and m.tabulation = 'exclusive'
    and m.method = 'individual' and m.stratum_type = 'all'
order by m.period_start, races.sort_order;

-- analyst: requests closed by the second day, by district and quarter
select places.name, m.period_start, m.numerator, m.denominator, m.value, m.ci_low, m.ci_high
from marts.fct_equity_measures as m
inner join marts.dim_geography as places
    on m.geography_type = places.geography_type and m.geography_vintage = places.geography_vintage and m.geoid = places.geoid
where
    m.measure_id = 'requests_closed_by_second_day' and m.geography_type = 'aldermanic_district' and m.period_type = 'quarter'
    and m.method = 'individual'
order by all;

-- analyst: the widest gaps of the newest year
select measure_id, race_ethnicity_code, reference_code, rate_ratio, rate_ratio_ci_low, rate_ratio_ci_high
from marts.fct_equity_measures
where period_type = 'year' and geography_type = 'city' and tabulation = 'exclusive' and rate_ratio is not null
qualify period_start = max(period_start) over (partition by measure_id)
order by abs(ln(nullif(rate_ratio, 0))) desc limit 20;

-- analyst: how far each source can be trusted
select source, verdict, data_as_of, known_race_pct, geocoded_pct, readiness_grade from quality.source_status order by source;

-- public: which measures there are
select measure_id, name, question, caveat, policy_area, unit from published.measures where is_current order by policy_area, measure_id;

-- public: a measure in every place of a kind, with its outline, for a map
select places.name, places.geometry_wkb, m.value, m.ci_low, m.ci_high, m.publication_status
from published.equity_measures as m
inner join published.geographies as places
    on m.geography_type = places.geography_type and m.geography_vintage = places.geography_vintage and m.geoid = places.geoid
where
    m.measure_id = 'service_requests_per_1000' and m.geography_type = 'aldermanic_district' and m.period_type = 'year'
    and m.race_ethnicity_code = 'all' and m.method = 'individual';

-- public: a measure over time, by race
select period_start, race_ethnicity_code, value, ci_low, ci_high, publication_status
from published.equity_measures
where measure_id = 'stops_by_race' and period_type = 'quarter' and geography_type = 'city'
order by all;

-- public: goals and how far they are
select goal_id, period_start, value, expected_value, target_value, status, status_reason from published.goal_progress where is_latest;

-- public: indices of disparity, newest period of each measure
select measure_id, index_id, period_start, value, ci_low, ci_high
from published.disparity_indices
where geography_type = 'city'
qualify period_start = max(period_start) over (partition by measure_id, index_id)
order by all;

-- public: how much is hidden, by measure
select measure_id, publication_status, count(*) as row_count from published.equity_measures group by all order by all;
