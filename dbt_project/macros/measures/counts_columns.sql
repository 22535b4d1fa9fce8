{#
    The columns that a counts model may return, with their types. It leaves out columns that it does not need.

    numerator, denominator: counts, or a sum of money · value, ci_low, ci_high: of medians and delivered estimates, in the unit ·
    records_count: records that such a value or sum rests on · piece_tract_geoid: the tract of a part of the place, of which
    place-weighted values are made; NULL for the place itself · bound_low, bound_high: in the unit, of rows with value_status bounded,
    whose bound_source is suppressed_at_source, or of a composition whose publisher gives its counts as ranges (both) ·
    numerator_low, numerator_high: these ranges · rate_ratio_bound_low, rate_ratio_bound_high: against a rest with hidden cells, which only
    the model computes · population_fit, period_coverage_pct: where the model has better ones than the calculation ·
    place_coverage_pct: of a group of a partly published table, the share of the place's people whom its shown rows count · publisher_quality: of published figures, 3 for weak ·
    interval_method: where the limits of a published figure are not the publisher's own · full_denominator: of a sum over cells of which the
    publisher hides some, the denominator with them · understated_denominator: of it the part in cells that have too few events ·
    bin_records, bin_races, limit_bin_records, limit_bin_races: of medians of persons, what the bins of the value and of its limits hold (on_grid)
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
        'numerator_low': 'double', 'numerator_high': 'double',
        'rate_ratio_bound_low': 'double', 'rate_ratio_bound_high': 'double',
        'population_fit': 'varchar', 'period_coverage_pct': 'double', 'place_coverage_pct': 'double',
        'publisher_quality': 'varchar',
        'interval_method': 'varchar', 'full_denominator': 'double', 'understated_denominator': 'double',
        'bin_records': 'double', 'bin_races': 'double', 'limit_bin_records': 'double', 'limit_bin_races': 'double',
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
