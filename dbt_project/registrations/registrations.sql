{# From the meta of the models (transform/macros/registrations.py). Levelground writes this file: do not edit. #}
{% macro facts_with_race() -%}
    {{ return([
        {"fact": "fct_deaths_investigated", "people": "1", "column": "race_ethnicity"},
        {"fact": "fct_employees", "is_stock": true, "people": "1", "column": "race_ethnicity"},
        {"fact": "fct_engagement_inputs", "people": "1", "column": "race_ethnicity"},
        {"fact": "fct_engagement_participation", "people": "1", "column": "race_ethnicity"},
        {"fact": "fct_fatal_shootings", "people": "1", "column": "race_ethnicity"},
        {"fact": "fct_lead_tests", "people": "1", "column": "race_ethnicity"},
        {"fact": "fct_police_stops", "people": "1", "column": "race_ethnicity"},
        {"fact": "fct_published_estimates", "people": none, "column": "subgroup"},
        {"fact": "fct_school_assessments", "people": "if(subject = 'math', denominator_count, 0)", "column": "group_label"},
        {"fact": "fct_school_removals", "people": "if(category = 'all', students_count, 0)", "column": "group_label"},
        {"fact": "fct_student_outcomes", "people": "students_count", "column": "group_label"},
        {"fact": "fct_survey_responses", "people": "1", "column": "race_ethnicity"},
        {"fact": "fct_survey_responses", "people": none, "column": "race_ethnicity_written_in", "reported": "race_ethnicity_written_in", "code": "race_ethnicity_written_in_code"},
    ]) }}
{%- endmacro %}

{% macro facts_with_place() -%}
    {{ return([
        {"fact": "fct_arpa_projects", "address": "facts.address"},
        {"fact": "fct_court_cases", "address": "facts.address"},
        {"fact": "fct_engagement_events"},
        {"fact": "fct_incidents", "zip_code": "facts.zip_code"},
        {"fact": "fct_lead_orders", "is_stock": true, "address": "facts.address"},
        {"fact": "fct_lead_service_lines", "is_stock": true, "zip_code": "facts.zip_code"},
        {"fact": "fct_lead_tests", "address": "facts.address"},
        {"fact": "fct_police_calls", "address": "facts.address"},
        {"fact": "fct_police_stops"},
        {"fact": "fct_property_sales"},
        {"fact": "fct_service_requests", "address": "facts.address"},
    ]) }}
{%- endmacro %}

{% macro facts_of_places() -%}
    {{ return([
        "fct_engagement_inputs",
        "fct_engagement_participation",
        "fct_evictions_by_tract",
        "fct_foreclosures_by_tract",
        "fct_health_outcomes_by_tract",
    ]) }}
{%- endmacro %}

{% macro facts_with_dates() -%}
    {{ return([
        "fct_court_cases",
        "fct_engagement_events",
        "fct_engagement_inputs",
        "fct_engagement_participation",
        "fct_lead_orders",
        "fct_lead_tests",
        "fct_payments",
        "fct_police_calls",
        "fct_police_stops",
        "fct_property_sales",
        "fct_service_requests",
    ]) }}
{%- endmacro %}

{% macro facts_with_times() -%}
    {{ return([
        {"fact": "fct_court_cases", "column": "court_case_at"},
        {"fact": "fct_police_calls", "column": "police_call_at"},
        {"fact": "fct_police_stops", "column": "police_stop_at"},
        {"fact": "fct_service_requests", "column": "service_request_at"},
    ]) }}
{%- endmacro %}

{% macro models_of_facts() -%}
    {{ return([
    ]) }}
{%- endmacro %}

{% macro sources_with_addresses() -%}
    {{ return([
        "stg_assessor__property_sales",
        "stg_doa__arpa_projects",
        "stg_dpw__lead_service_lines",
        "stg_mhd__lead_orders_abated",
        "stg_mhd__lead_orders_open",
        "stg_mhd__lead_tests",
        "stg_mmc__court_cases",
        "stg_mpd__dispatched_calls",
        "stg_mpd__incidents",
        "stg_oei__engagement_events",
        "stg_ucc__service_requests",
    ]) }}
{%- endmacro %}

{% macro sources_with_points() -%}
    {{ return([
        "stg_mmc__court_cases",
    ]) }}
{%- endmacro %}

{% macro counts_models() -%}
    {{ return([
        "int_arpa_obligated_per_resident__counts",
        "int_arpa_projects_on_time__counts",
        "int_arpa_spent_in_qct_share__counts",
        "int_arpa_spent_per_resident__counts",
        "int_children_elevated_lead_share__counts",
        "int_children_share__counts",
        "int_chronic_absence_rate__counts",
        "int_completion_rate__counts",
        "int_copd_prevalence__counts",
        "int_court_guilty_share__counts",
        "int_deaths_investigated__counts",
        "int_diabetes_prevalence__counts",
        "int_engagement_answered_in_language_share__counts",
        "int_engagement_days_to_answer_median__counts",
        "int_engagement_declined_with_reason_share__counts",
        "int_engagement_inputs_answered_share__counts",
        "int_engagement_interpreter_need_met_share__counts",
        "int_engagement_participation_per_1000__counts",
        "int_eviction_filings_per_100_renter_households__counts",
        "int_foreclosures_per_1000_parcels__counts",
        "int_incidents_per_1000__counts",
        "int_lead_order_days_to_abatement__counts",
        "int_lead_orders_abated__counts",
        "int_lead_orders_open__counts",
        "int_lead_service_lines_per_1000_addresses__counts",
        "int_pay_median__counts",
        "int_payments__counts",
        "int_people_killed_by_police__counts",
        "int_police_calls__counts",
        "int_police_calls_per_1000__counts",
        "int_poor_mental_health_prevalence__counts",
        "int_population_by_race__counts",
        "int_positions_per_1000_labor_force__counts",
        "int_published_estimates__counts",
        "int_request_days_to_close_median__counts",
        "int_requests_closed_by_second_day__counts",
        "int_requests_closed_by_second_working_day__counts",
        "int_residents_in_qct_share__counts",
        "int_sale_price_median__counts",
        "int_sales_per_1000_addresses__counts",
        "int_school_assessments__counts",
        "int_school_removals__counts",
        "int_service_requests_per_1000__counts",
        "int_stops_by_race__counts",
        "int_stops_cited_share__counts",
        "int_stops_search_recorded_share__counts",
        "int_stops_searched_share__counts",
        "int_stops_vehicle_searched_share__counts",
        "int_student_composition__counts",
        "int_survey_satisfied_share__counts",
        "int_violent_offences_per_1000__counts",
        "int_workforce_composition__counts",
    ]) }}
{%- endmacro %}

{% macro translations() -%}
    {{ return([
        "es",
        "hmn",
    ]) }}
{%- endmacro %}
