{#
    Records, or counts of them, in each kind of place and period that the registry wants a row for (int_equity_measures__reporting_grain).
    Rows of method place_weighted are intersections of the place with one tract (`piece_tract_geoid`), the input of values by race.
    A record without a place on the map is in its city's row, and in geocoded_pct of the others.

    relation: a CTE with period, place columns, race and stratum · aggregates: column → SQL of its aggregate · records: SQL of the number of
    records in a row · also: further columns to count apart · versioned: whether a record has a measure_version
#}
{% macro by_place(relation, measure_id, aggregates, records, also=[], versioned=false) -%}
    select * exclude (every_count, placed_count)
    from (
        select
            *,
            100.0 * sum(placed_count) over place_type / nullif(sum(every_count) over place_type, 0) as geocoded_pct
        from (
            select
                {{ relation }}.source,
                {{ relation }}.jurisdiction,
                {{ relation }}.period_type,
                {{ relation }}.period_start,
                {{ relation }}.period_end,
                sliced.geography_type,
                {{ place_vintage('sliced.geography_type', relation) }} as geography_vintage,
                {{ place_geoid('sliced.geography_type', relation) }} as geoid,
                case when sliced.method = 'place_weighted' then {{ relation }}.tract_geoid end as piece_tract_geoid,
                {{ relation }}.race_standard,
                {{ relation }}.race_ethnicity_code,
                'exclusive' as tabulation,
                sliced.method,
                {{ relation }}.stratum_type,
                {{ relation }}.stratum_code,
                {%- for column in also %}
                {{ relation }}.{{ column }},
                {%- endfor %}
                {%- for column in aggregates %}
                {{ aggregates[column] }} as {{ column }},
                {%- endfor %}
                sum({{ records }}) as every_count,
                coalesce(sum({{ records }}) filter (
                    case sliced.geography_type
                        when 'city' then {{ relation }}.{{ located_place_type() }}_geoid
                        else {{ place_geoid('sliced.geography_type', relation) }}
                    end is not null
                    -- a place-weighted value is made of pieces, and a record without a tract is in none
                    and (sliced.method <> 'place_weighted' or {{ relation }}.tract_geoid is not null)
                ), 0) as placed_count
            from {{ relation }}
            inner join {{ ref('int_equity_measures__reporting_grain') }} as sliced
                on
                    sliced.measure_id = '{{ measure_id }}'
                    {%- if versioned %}
                    and {{ relation }}.measure_version = sliced.measure_version
                    {%- endif %}
                    and {{ relation }}.period_type = sliced.period_type
                    and ({{ relation }}.stratum_type in ('all', 'case_mix') or sliced.is_stratified)
            group by all
        )
        window
            place_type as (
                partition by
                    source, geography_type, method, period_type, period_start, race_ethnicity_code, stratum_type, stratum_code
            )
    )
    where geoid is not null and (method <> 'place_weighted' or piece_tract_geoid is not null)
{%- endmacro %}


{# The counts of a measure in each kind of place and period: by_place, with the measure's id and version. #}
{% macro counts_by_place(relation, measure_id, aggregates, records, version=1, also=[]) -%}
    select
        '{{ measure_id }}' as measure_id,
        {{ version }} as measure_version,
        *
    from (
        {{ by_place(relation, measure_id, aggregates, records, also) }}
    )
{%- endmacro %}


{#
    A share of the records that were followed long enough, of months with `closed_count` and `followed_count`. No record was followed where
    the feed ends before it, or the contract promises less.
#}
{% macro counts_of_followed(relation, measure_id, records) -%}
    select
        *,
        case when denominator = 0 then 'not_observable' else 'computed' end as value_status,
        case when denominator = 0 then 'follow_up' end as status_reason
    from (
        {{ counts_by_place(
            relation, measure_id, {'numerator': sum_in_order('closed_count'), 'denominator': 'sum(followed_count)'}, records=records
        ) }}
    )
{%- endmacro %}


{# The place of a record on the map of a type; its city for the type city. #}
{% macro place_geoid(geography_type, relation) -%}
    case {{ geography_type }}
                    when 'city' then {{ relation }}.jurisdiction
                    {%- for each in fact_place_types() %}
                    when '{{ each.geography_type }}' then {{ relation }}.{{ each.geography_type }}_geoid
                    {%- endfor %}
                end
{%- endmacro %}


{# The vintage of the map of a fact (docs/tables.md, Places): the one that the fact carries, else the newest. #}
{% macro place_vintage(geography_type, relation) -%}
    case {{ geography_type }}
                    {%- for each in fact_place_types() %}
                    {%- if each.fact_columns == 'geoid_and_vintage' %}
                    when '{{ each.geography_type }}' then {{ relation }}.{{ each.geography_type }}_vintage
                    {%- elif each.vintage and each.vintage != 'current' %}
                    when '{{ each.geography_type }}' then '{{ each.vintage }}'
                    {%- endif %}
                    {%- endfor %}
                    else 'current'
                end
{%- endmacro %}


{# Race and stratum of records that carry neither; the standard is the one of the populations that divide such a row. #}
{% macro without_race() -%}
    'spd15_1997' as race_standard,
        'all' as race_ethnicity_code
{%- endmacro %}


{% macro without_stratum() -%}
    'all' as stratum_type,
        'all' as stratum_code
{%- endmacro %}
