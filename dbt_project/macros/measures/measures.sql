{# The measures: each has a row in measure_registry and a model int_<measure>__counts; a test holds both to this list. #}
{% macro measures() -%}
    {{ return([
        'requests_closed_by_second_day',
        'requests_closed_by_second_working_day',
        'service_requests_per_1000',
        'request_days_to_close_median',
        'police_calls_per_1000',
        'police_calls',
        'stops_searched_share',
        'stops_vehicle_searched_share',
        'stops_cited_share',
        'stops_search_recorded_share',
        'stops_by_race',
        'student_composition',
        'workforce_composition',
        'pay_median',
        'payments',
        'population_by_race',
        'incidents_per_1000',
        'court_guilty_share',
        'lead_service_lines_per_1000_addresses',
        'lead_orders_abated',
        'lead_orders_open',
        'lead_order_days_to_abatement',
        'sale_price_median',
        'sales_per_1000_addresses',
        'foreclosures_per_1000_parcels',
        'diabetes_prevalence',
        'copd_prevalence',
        'poor_mental_health_prevalence',
        'chronic_absence_rate',
        'completion_rate',
        'survey_satisfied_share',
        'arpa_obligated_per_resident',
        'arpa_spent_per_resident',
        'arpa_spent_in_qct_share',
        'arpa_projects_on_time',
        'positions_per_1000_labor_force',
        'discipline_removals_per_1000',
        'children_elevated_lead_share',
        'violent_offences_per_1000',
        'children_share',
        'residents_in_qct_share',
        'engagement_participation_per_1000',
        'engagement_inputs_answered_share',
        'engagement_days_to_answer_median',
        'engagement_answered_in_language_share',
        'engagement_declined_with_reason_share',
        'engagement_interpreter_need_met_share',
    ]) }}
{%- endmacro %}


{#
    What a counted model may say, and the type of it. It leaves out what it has nothing to say of.

    numerator, denominator: counts, or a sum of money · value, ci_low, ci_high: of medians and delivered estimates, in the unit ·
    records_count: records that such a value or sum rests on · piece_tract_geoid: the tract of a piece of the place, of which
    place-weighted values are made; NULL for the place itself · bound_low, bound_high: in the unit, of rows with value_status bounded,
    whose bound_source is suppressed_at_source · rate_ratio_bound_low, rate_ratio_bound_high: against a rest with hidden cells, which only
    the model knows · population_fit, period_coverage_pct: where the model knows them better than the engine
#}
{% macro counts_columns() -%}
    {{ return({
        'measure_id': 'varchar', 'measure_version': 'integer', 'source': 'varchar', 'jurisdiction': 'varchar',
        'period_type': 'varchar', 'period_start': 'date', 'period_end': 'date',
        'geography_type': 'varchar', 'geography_vintage': 'varchar', 'geoid': 'varchar', 'piece_tract_geoid': 'varchar',
        'race_standard': 'varchar', 'race_ethnicity_code': 'varchar', 'tabulation': 'varchar', 'method': 'varchar',
        'stratum_type': 'varchar', 'stratum_code': 'varchar', 'value_status': 'varchar', 'status_reason': 'varchar',
        'numerator': 'double', 'denominator': 'double', 'value': 'double', 'ci_low': 'double', 'ci_high': 'double',
        'records_count': 'double', 'geocoded_pct': 'double', 'bridged': 'boolean',
        'bound_low': 'double', 'bound_high': 'double', 'bound_source': 'varchar',
        'rate_ratio_bound_low': 'double', 'rate_ratio_bound_high': 'double',
        'population_fit': 'varchar', 'period_coverage_pct': 'double',
    }) }}
{%- endmacro %}


{# No row, with the columns of counts_columns: what a union by name begins with, so that a column that no model has exists. #}
{% macro empty_counts() -%}
    select
        {%- for column, type in counts_columns().items() %}
        cast(null as {{ type }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    where false
{%- endmacro %}
