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

indices as (
    select
        indices.*,
        protected.is_confidential
    from {{ ref('fct_disparity_indices') }} as indices
    inner join protected
        on indices.measure_id = protected.measure_id and indices.measure_version = protected.measure_version
),

-- every group of persons that an index could be made of
members as (
    select counted.*
    from {{ ref('fct_equity_measures') }} as counted
    inner join protected
        on counted.measure_id = protected.measure_id and counted.measure_version = protected.measure_version
    inner join {{ ref('dim_race_ethnicity') }} as races on counted.race_ethnicity_code = races.race_ethnicity_code
    where
        protected.is_confidential
        and protected.kind in ('proportion', 'rate')
        and races.kind in ('category', 'combination', 'combined_legacy')
        and counted.tabulation = 'exclusive'
        and counted.stratum_type = 'all'
),

-- An index can be solved for a hidden figure, and its presence reveals that two groups are reliable and race is known well enough:
-- unless all that it reveals is published, every index has the same status.
slices as (
    select
        {{ index_columns('members') }},
        bool_and(
            coalesce(figures.publication_status <> 'suppressed', false)
            and not figures.is_revision_pending
            and figures.known_race_pct is not null
        ) as is_publishable
    from members
    left join figures
        on
            {{ same_index('members', 'figures') }}
            and members.race_ethnicity_code = figures.race_ethnicity_code
    group by all
    having count(figures.race_ethnicity_code) > 0
),

publishable as (
    select indices.*
    from indices
    inner join slices_out on {{ same_index('indices', 'slices_out') }}
    left join slices on {{ same_index('indices', 'slices') }}
    -- dissimilarity is made of counts of places, and no row of it shows whether these are published
    where not indices.is_confidential or (coalesce(slices.is_publishable, false) and not starts_with(indices.index_id, 'dissimilarity'))
),

kinds_of_index as (
    select distinct index_id
    from indices
    where not starts_with(index_id, 'dissimilarity')
),

hidden as (
    select
        {{ index_columns('slices') }},
        kinds_of_index.index_id
    from slices
    cross join kinds_of_index
    where not slices.is_publishable
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
    from publishable
    union all
    select
        {{ index_columns() }},
        index_id,
        'suppressed' as publication_status,
        cast(null as double) as value,
        cast(null as double) as ci_low,
        cast(null as double) as ci_high,
        cast(null as varchar) as groups_used,
        cast(null as varchar) as groups_left_out
    from hidden
),

final as (
    {{ with_labels('united', has_group=false) }}
)

-- the order of the rows must not reveal what a hidden row counts
select * from final
order by all
