-- one row per school, school year, dimension and group
with
typed as (
    select * from {{ source('landing', 'dpi__enrollment') }}
),

contract as (
    {{ contract_of('dpi__enrollment') }}
),

renamed as (
    select
        'dpi__enrollment' as source,
        contract.jurisdiction,
        typed._record_hash,
        typed._load_id,
        typed._source_file,
        typed._source_row,
        typed.metric,
        typed.dimension as dimension_reported,
        typed.group_label as group_reported,
        typed.district as school_district_reported,
        typed.school as school_reported,
        {{ school_geoid('typed.district') }} as school_district_geoid,
        {{ school_geoid('typed.district', 'typed.school') }} as school_geoid,
        typed.school_year,
        {{ school_year_start('typed.school_year') }} as period_start,
        contract.collection_mode,
        typed.students as students_count,
        typed.students_missing_reason as students_count_missing_reason,
        100 * typed.share as students_pct,
        typed.status_flag as source_note,
        case when typed.dimension = 'Race/Ethnicity' then 'dpi_wisedash' end as race_vocabulary
    from typed
    left join contract on true
),

race_conformed as (
    {{ race_conformed('renamed', 'renamed.group_reported', 'renamed.race_vocabulary', 'renamed.period_start') }}
),

conformed as (
    select
        race_conformed.*,
        case when race_conformed.race_vocabulary is null then coalesce(strata.stratum_type, 'not_mapped') else 'all' end as stratum_type,
        case when race_conformed.race_vocabulary is null then coalesce(strata.stratum_code, 'not_mapped') else 'all' end as stratum_code,
        cast(race_conformed.period_start + interval 1 year - interval 1 day as date) as period_end
    from race_conformed
    left join {{ ref('stratum_crosswalk') }} as strata
        on
            strata.vocabulary = 'dpi_wisedash'
            and race_conformed.dimension_reported = strata.dimension
            and {{ normalised('race_conformed.group_reported') }} = {{ normalised('strata.reported_label') }}
)

select * exclude (race_vocabulary) from conformed
