-- one row per measure, version, period, place, race standard, method and index, of what goes out in equity_measures
with
figures as (
    select *
    from {{ ref('equity_measures') }}
    where tabulation = 'exclusive' and stratum_type = 'all'
),

slices as (
    select distinct {{ index_columns() }} from figures
),

indices as (
    select
        indices.*,
        protected.is_confidential
    from {{ ref('fct_disparity_indices') }} as indices
    inner join {{ ref('int_disclosure__protected') }} as protected
        on indices.measure_id = protected.measure_id and indices.measure_version = protected.measure_version
    inner join slices on {{ same_index('indices', 'slices') }}
    -- who lives apart from whom is made of counts of places, of which no row of it says whether they are out
    where not (protected.is_confidential and starts_with(indices.index_id, 'dissimilarity'))
),

members as (
    {%- for groups, is_used in [('groups_used', 'true'), ('groups_left_out', 'false')] %}
    select
        {{ index_columns() }},
        index_id,
        {{ is_used }} as is_used,
        unnest(string_split({{ groups }}, ', ')) as race_ethnicity_code
    from indices
    where is_confidential
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- an index can be solved for a figure that is hidden, and its lists of groups say which of them are reliable
told as (
    select
        {{ index_columns('members') }},
        members.index_id,
        bool_and(
            coalesce(figures.publication_status <> 'suppressed', false)
            and (not members.is_used or figures.publication_status = 'published')
            -- it would be of the figure that is not out yet
            and not figures.is_revision_pending
        ) as is_told
    from members
    left join figures
        on
            {{ same_index('members', 'figures') }}
            and members.race_ethnicity_code = figures.race_ethnicity_code
    group by all
),

judged as (
    select
        indices.*,
        not indices.is_confidential or coalesce(told.is_told, false) as is_told
    from indices
    left join told
        on
            {{ same_index('indices', 'told') }}
            and indices.index_id = told.index_id
),

final as (
    select
        {{ index_columns() }},
        index_id,
        case when is_told then 'published' else 'suppressed' end as publication_status,
        case when is_told then value end as value,
        case when is_told then ci_low end as ci_low,
        case when is_told then ci_high end as ci_high,
        case when is_told then groups_used end as groups_used,
        case when is_told then groups_left_out end as groups_left_out
    from judged
)

select * from final
