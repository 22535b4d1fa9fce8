-- one row per stopped person; race is what the officer perceived
{{ config(meta={'row_by_row': true}) }}
with
typed as (
    select * from {{ source('landing', 'fpc__police_stops') }}
),

contract as (
    {{ contract_row('fpc__police_stops') }}
),

renamed as (
    select
        'fpc__police_stops' as source,
        contract.jurisdiction,
        typed._record_hash,
        typed._load_id,
        typed._source_file,
        typed._source_row,
        cast(typed.occurred_at as date) as occurred_on,
        typed.occurred_at as police_stop_at,
        contract.collection_mode,
        typed.race_ethnicity,
        typed.race_before_stop as race_before_stop_reported,
        coalesce(sexes.stratum_code, typed.gender_missing_reason, 'not_mapped') as sex_code,
        typed.gender as sex_reported,
        typed.problem,
        -- a reason that the crosswalk does not contain is no stratum; an empty one was not recorded
        case
            when reasons.stratum_code is not null then reasons.stratum_code
            when coalesce(trim(typed.problem), '') = '' then 'not_collected'
            else 'not_mapped'
        end as stop_reason_code,
        typed.record_origin,
        typed.person_searched as is_person_searched,
        typed.person_searched_missing_reason as is_person_searched_missing_reason,
        typed.vehicle_searched as is_vehicle_searched,
        typed.vehicle_searched_missing_reason as is_vehicle_searched_missing_reason,
        typed.citation_issued as is_citation_issued,
        typed.citation_issued_missing_reason as is_citation_issued_missing_reason,
        typed.police_precinct as police_precinct_reported,
        contract.jurisdiction || '/' || nullif(trim(typed.police_precinct), '') as police_precinct_geoid,
        typed.neighborhood as neighborhood_reported
    from typed
    left join contract on true
    left join {{ ref('stratum_crosswalk') }} as sexes
        on sexes.vocabulary = 'police_sex' and {{ normalised('sexes.reported_label') }} = {{ normalised('typed.gender') }}
    left join {{ ref('stratum_crosswalk') }} as reasons
        on reasons.vocabulary = 'police_stop_reason' and {{ normalised('reasons.reported_label') }} = {{ normalised('typed.problem') }}
),

conformed as (
    {{ race_conformed('renamed', 'renamed.race_ethnicity', "'police_observed'", 'renamed.occurred_on') }}
)

select * from conformed
