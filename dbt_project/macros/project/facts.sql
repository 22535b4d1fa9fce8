{#
    The facts whose known shares and unmapped labels are computed. Add a new fact with race here; a test on the manifest checks this.
    fact: the model · column: the contract's column with the label · people: SQL of the number of people in a row
    reported, code: the fact's own columns with a further label (a write-in) and its code; it adds no people
    is_stock: the fact keeps snapshots, and only the latest counts
#}
{% macro facts_with_race() -%}
    {{ return([
        {'fact': 'fct_police_stops', 'column': 'race_ethnicity', 'people': '1'},
        {'fact': 'fct_fatal_shootings', 'column': 'race_ethnicity', 'people': '1'},
        {'fact': 'fct_employees', 'column': 'race_ethnicity', 'people': '1', 'is_stock': true},
        {'fact': 'fct_student_outcomes', 'column': 'group_label', 'people': 'students_count'},
        {'fact': 'fct_school_removals', 'column': 'group_label', 'people': "if(category = 'all', students_count, 0)"},
        {'fact': 'fct_school_assessments', 'column': 'group_label', 'people': "if(subject = 'math', denominator_count, 0)"},
        {'fact': 'fct_lead_tests', 'column': 'race_ethnicity', 'people': '1'},
        {'fact': 'fct_engagement_participation', 'column': 'race_ethnicity', 'people': '1'},
        {'fact': 'fct_engagement_inputs', 'column': 'race_ethnicity', 'people': '1'},
        {'fact': 'fct_survey_responses', 'column': 'race_ethnicity', 'people': '1'},
        {'fact': 'fct_published_estimates', 'column': 'subgroup', 'people': none},
        {'fact': 'fct_survey_responses', 'column': 'race_ethnicity_written_in', 'people': none,
         'reported': 'race_ethnicity_written_in', 'code': 'race_ethnicity_written_in_code'},
    ]) }}
{%- endmacro %}


{#
    fact: a model whose records are geocoded, by address, point or code · is_stock: as above
    zip_code, address: the column with the ZIP code that its records carry, or with the address text that may contain one
#}
{% macro facts_with_place() -%}
    {{ return([
        {'fact': 'fct_arpa_projects', 'address': 'facts.address'},
        {'fact': 'fct_court_cases', 'address': 'facts.address'},
        {'fact': 'fct_engagement_events'},
        {'fact': 'fct_incidents', 'zip_code': 'facts.zip_code'},
        {'fact': 'fct_lead_orders', 'address': 'facts.address', 'is_stock': true},
        {'fact': 'fct_lead_service_lines', 'zip_code': 'facts.zip_code', 'is_stock': true},
        {'fact': 'fct_lead_tests', 'address': 'facts.address'},
        {'fact': 'fct_police_calls', 'address': 'facts.address'},
        {'fact': 'fct_property_sales'},
        {'fact': 'fct_police_stops'},
        {'fact': 'fct_service_requests', 'address': 'facts.address'},
    ]) }}
{%- endmacro %}


{# The facts whose days show which months, quarters and years a source covers. #}
{% macro facts_with_dates() -%}
    {{ return([
        'fct_service_requests', 'fct_police_calls', 'fct_police_stops', 'fct_payments', 'fct_court_cases', 'fct_property_sales',
        'fct_lead_orders', 'fct_lead_tests', 'fct_engagement_events', 'fct_engagement_participation', 'fct_engagement_inputs',
    ]) }}
{%- endmacro %}


{# Facts whose rows are counts or estimates of a place, or name their neighborhood: the delivered place is their place, so
   no address is lost. #}
{% macro facts_of_places() -%}
    {{ return([
        'fct_foreclosures_by_tract', 'fct_evictions_by_tract', 'fct_health_outcomes_by_tract', 'fct_engagement_participation', 'fct_engagement_inputs',
    ]) }}
{%- endmacro %}


{#
    Facts of events that happen at any hour, with the column of the event's time: their gaps inside a period are found. Sources that
    deliver dates without times drop out by themselves (int_event_hours__gaps).
#}
{% macro facts_with_times() -%}
    {{ return([
        {'fact': 'fct_police_calls', 'column': 'police_call_at'},
        {'fact': 'fct_police_stops', 'column': 'police_stop_at'},
        {'fact': 'fct_court_cases', 'column': 'court_case_at'},
        {'fact': 'fct_service_requests', 'column': 'service_request_at'},
    ]) }}
{%- endmacro %}
