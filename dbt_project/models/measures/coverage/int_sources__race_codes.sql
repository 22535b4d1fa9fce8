-- one row per source and race code that a label of its vocabularies has, or that a person can be of by the answers that are offered
with
mapped as (
    select distinct
        contracts.source,
        crosswalk.race_ethnicity_code
    from {{ ref('stg_receipts__contracts') }} as contracts
    inner join {{ ref('race_ethnicity_crosswalk') }} as crosswalk
        on list_contains(string_split(contracts.race_vocabulary, ', '), crosswalk.vocabulary)
    where crosswalk.race_ethnicity_code is not null
),

answers as (
    select distinct
        labels.source,
        crosswalk.race_ethnicity_code
    from {{ ref('stg_receipts__offered_labels') }} as labels
    inner join {{ ref('race_ethnicity_crosswalk') }} as crosswalk
        on labels.vocabulary = crosswalk.vocabulary and labels.label = {{ normalised('crosswalk.reported_label') }}
    where crosswalk.race_ethnicity_code is not null
),

-- a person who may select several answers can be of several races
offered as (
    select * from answers
    union
    select
        answers.source,
        'multiracial' as race_ethnicity_code
    from answers
    inner join {{ ref('stg_receipts__agreements') }} as contracts
        on answers.source = contracts.source and contracts.race_selection = 'multiple'
    group by answers.source
    having count(*) > 1
),

final as (
    select
        coalesce(mapped.source, offered.source) as source,
        coalesce(mapped.race_ethnicity_code, offered.race_ethnicity_code) as race_ethnicity_code,
        mapped.source is not null as is_mapped,
        offered.source is not null as is_offered
    from mapped
    full outer join offered
        on mapped.source = offered.source and mapped.race_ethnicity_code = offered.race_ethnicity_code
)

select * from final
