{#
    The rows of all models that name a fact in their meta (`fact`): a city's layer adds a source to a shared fact in this way. Without such a
    model there is no row. `columns`: the columns that the fact reads, and their types.
#}
{% macro rows_of_fact(fact, columns) -%}
    select
        {%- for name, type in columns.items() %}
        cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    where false
    {%- for entry in models_of_facts() if entry.fact == fact %}
    union all by name
    select * from {{ ref(entry.model) }}
    {%- endfor %}
{%- endmacro %}


{#
    The rows of a fact about schools, with whether the group of the row is known: a row of a suppressed label has no information on it
    (DPI-03). `columns`: those that the fact has and other facts about schools lack, and their types.
#}
{% macro rows_of_school_fact(fact, columns) -%}
    select
        *,
        coalesce(race_ethnicity_code, '') <> 'suppressed_at_source' and coalesce(stratum_missing_reason, '') <> 'suppressed_at_source'
            as is_reported
    from (
        {{ rows_of_fact(fact, dict(
            {
                'source': 'varchar', 'jurisdiction': 'varchar', '_record_hash': 'varchar', '_load_id': 'varchar',
                '_source_file': 'varchar', '_source_row': 'bigint', 'dimension_reported': 'varchar', 'group_reported': 'varchar',
                'school_district_reported': 'varchar', 'school_reported': 'varchar', 'school_district_geoid': 'varchar',
                'school_geoid': 'varchar', 'school_year': 'varchar', 'period_start': 'date', 'period_end': 'date',
                'collection_mode': 'varchar', 'source_note': 'varchar', 'students_count': 'bigint',
                'race_ethnicity_reported': 'varchar', 'race_ethnicity_set': 'varchar[]', 'race_ethnicity_code': 'varchar',
                'race_ethnicity_code_1997': 'varchar', 'race_standard': 'varchar', 'stratum_type': 'varchar',
                'stratum_code': 'varchar', 'stratum_missing_reason': 'varchar', 'gap_reason': 'varchar'
            },
            **columns
        )) }}
    )
{%- endmacro %}
