-- one row per row of a measure to publish, figures of persons as they were reported, with what may be published of it
with
-- of everybody: what is not of persons, as it is in the marts
unguarded as (
    select
        *,
        cast(null as varchar) as hidden_because,
        true as shows_unknown
    from {{ ref('int_disclosure__planned') }}
    where not is_confidential
),

guarded as (
    select
        * exclude (reported_at, is_settled, is_frozen, is_revision_pending),
        true as is_confidential
    from {{ ref('stg_disclosure__reported') }}
),

united as (
    select * from unguarded
    union all by name
    select * from guarded
),

-- a percentage of so few is a count in another form
based as (
    select
        united.*,
        united.unit = 'percent'
        and united.kind in ('proportion', 'composition')
        and united.value_status = 'computed'
        and coalesce(
            united.denominator
            < case
                when measures.statistical_unit = 'person' and measures.is_estimate then {{ rule('min_denominator_survey') }}
                else {{ rule('min_denominator_records') }}
            end,
            false
        ) as has_small_base
    from united
    left join {{ ref('dim_measure') }} as measures
        on united.measure_id = measures.measure_id and united.measure_version = measures.measure_version
),

final as (
    select
        based.*,
        -- the groups of which the known share is true
        coalesce(races.kind in ('category', 'combination', 'combined_legacy'), false) as is_group,
        case
            when based.hidden_because is not null or based.value_status = 'suppressed_at_source' then 'suppressed'
            when based.value_status <> 'computed' then based.value_status
            when based.reliability = 'unreliable' then 'unreliable'
            when based.has_small_base then 'no_denominator'
            else 'published'
        end as publication_status
    from based
    left join {{ ref('dim_race_ethnicity') }} as races on based.race_ethnicity_code = races.race_ethnicity_code
)

select * from final
