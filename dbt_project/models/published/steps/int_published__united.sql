-- one row per row of a measure that goes out, figures of persons as they were reported, with what may be said of it
with
-- of everybody: what is not of persons, as it is in the marts
unguarded as (
    select
        *,
        false as is_revision_pending,
        cast(null as varchar) as hidden_because,
        true as shows_unknown
    from {{ ref('int_disclosure__planned') }}
    where not is_confidential
),

guarded as (
    select
        * exclude (reported_at, is_settled),
        true as is_confidential
    from {{ source('disclosure', 'reported') }}
),

united as (
    select * from unguarded
    union all by name
    select * from guarded
),

final as (
    select
        united.*,
        -- the groups of which the known share is true
        coalesce(races.kind in ('category', 'combination', 'combined_legacy'), false) as is_group,
        case
            when united.hidden_because is not null or united.value_status = 'suppressed_at_source' then 'suppressed'
            when united.value_status <> 'computed' then united.value_status
            when united.reliability = 'unreliable' then 'unreliable'
            else 'published'
        end as publication_status
    from united
    left join {{ ref('dim_race_ethnicity') }} as races on united.race_ethnicity_code = races.race_ethnicity_code
)

select * from final
