-- one row per reporting period and place: what was spent in Qualified Census Tracts, of what was spent at known places
with
projects as (
    {{ arpa_snapshots('is_in_qualified_census_tract, spent_usd', where='is_in_qualified_census_tract is not null') }}
),

final as (
    {{ counts_by_place(
        'projects', 'arpa_spent_in_qct_share',
        {
            'numerator': 'cast(coalesce(sum(spent_usd) filter (is_in_qualified_census_tract), 0) as double)',
            'denominator': 'cast(sum(spent_usd) as double)',
            'records_count': 'cast(count(*) as double)',
        },
        records='1'
    ) }}
)

select * from final
