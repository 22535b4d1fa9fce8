-- one row per measure, version, period, place, race standard, method and index, as published in equity_measures
with
figures as (
    select *
    from {{ ref('equity_measures') }}
    where tabulation = 'exclusive' and stratum_type = 'all'
),

slices_out as (
    select distinct {{ index_columns() }} from figures
),

protected as (
    select * from {{ ref('int_disclosure__thresholds') }}
),

of_persons as (
    select * from {{ ref('int_published__indices_of_persons') }}
),

of_others as (
    select indices.*
    from {{ ref('fct_disparity_indices') }} as indices
    inner join slices_out on {{ same_index('indices', 'slices_out') }}
    inner join protected
        on indices.measure_id = protected.measure_id and indices.measure_version = protected.measure_version
    where not protected.is_confidential
),

united as (
    select
        {{ index_columns() }},
        index_id,
        'published' as publication_status,
        value,
        ci_low,
        ci_high,
        groups_used,
        groups_left_out
    from of_others
    union all
    select
        {{ index_columns() }},
        index_id,
        publication_status,
        value,
        cast(null as double) as ci_low,
        cast(null as double) as ci_high,
        groups_used,
        groups_left_out
    from of_persons
),

final as (
    {{ with_labels('united', has_group=false) }}
)

-- the order of the rows must not reveal what a hidden row counts
select * from final
order by all
