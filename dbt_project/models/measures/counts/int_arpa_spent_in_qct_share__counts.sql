-- one row per reporting period and place: what was spent in Qualified Census Tracts, of what was spent at known places
with
projects as (
    select
        source,
        jurisdiction,
        'snapshot' as period_type,
        period_end as period_start,
        period_end,
        {{ piece_columns() }},
        {{ without_race() }},
        {{ without_stratum() }},
        is_in_qualified_census_tract,
        spent_usd
    from {{ ref('fct_arpa_projects') }}
    where is_in_qualified_census_tract is not null
),

with_place as (
    {{ by_place(
        'projects', 'arpa_spent_in_qct_share',
        {
            'numerator': 'cast(coalesce(sum(spent_usd) filter (is_in_qualified_census_tract), 0) as double)',
            'denominator': 'cast(sum(spent_usd) as double)',
            'records_count': 'cast(count(*) as double)',
        },
        records='1'
    ) }}
),

final as (
    select
        'arpa_spent_in_qct_share' as measure_id,
        1 as measure_version,
        *
    from with_place
)

select * from final
