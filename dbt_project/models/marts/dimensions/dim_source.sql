-- one row per contract, delivered or not
with
contracts as (
    select * from {{ ref('stg_receipts__contracts') }}
),

terms as (
    select * from {{ ref('stg_receipts__agreement_terms') }}
),

later as (
    select * from {{ ref('stg_receipts__later_events') }}
),

settings as (
    select * from {{ ref('stg_receipts__settings') }}
),

final as (
    select
        contracts.source,
        contracts.title,
        contracts.department,
        contracts.policy_area,
        contracts.jurisdiction,
        {{ jurisdiction_type('contracts.jurisdiction') }} = 'city' and contracts.jurisdiction <> settings.city_geoid as is_stand_in,
        contracts.grain,
        contracts.steward_team,
        contracts.platform,
        contracts.cadence,
        contracts.basis,
        contracts.classification,
        contracts.suppress_below,
        contracts.zeros,
        contracts.protect,
        -- records without a person are never suppressed, and open aggregates are shown as their publisher shows them
        coalesce(
            contracts.statistical_unit in ('person', 'household')
            or contracts.classification = 'confidential'
            or (contracts.statistical_unit = 'aggregate' and contracts.protect = 'always'),
            false
        ) as is_protected,
        contracts.statistical_unit,
        contracts.collection_mode,
        contracts.race_vocabulary,
        contracts.race_standard,
        contracts.race_selection,
        contracts.follow_up_until,
        contracts.follow_up_days,
        contracts.period_start,
        contracts.period_end,
        contracts.data_as_of,
        contracts.has_model,
        contracts.republish,
        contracts.licence_id,
        contracts.licence_attribution,
        contracts.licence_share_alike,
        contracts.licence_commercial,
        coalesce(departments.level = 'city' and contracts.jurisdiction = settings.city_geoid, false) as is_of_city,
        terms.agreement_status,
        terms.agreement_valid_until,
        terms.agreement_keep_for,
        -- of persons, few records would be pointed at
        case when not is_protected then later.counted_until end as counted_until,
        case when not is_protected then later.later_records end as later_records
    from contracts
    left join later on contracts.source = later.source
    left join {{ ref('departments') }} as departments on contracts.department = departments.department
    left join terms on contracts.source = terms.source
    cross join settings
)

select * from final
