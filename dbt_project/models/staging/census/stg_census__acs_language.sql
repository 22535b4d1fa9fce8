-- one row per 2020 tract and line of the table: the people 5 and over whom the line estimates, with their margin of error
with
typed as (
    select * from {{ source('landing', 'census__acs_language') }}
),

contract as (
    {{ contract_row('census__acs_language') }}
),

estimates as (
    {{ unpivoted('typed', columns=['geo_id', '_load_id'], names='column_name', values='estimate', pattern='^c16001_\\d{3}$') }}
),

margins as (
    {{ unpivoted('typed', columns=['geo_id'], names='column_name', values='moe', pattern='^c16001_\\d{3}_moe$') }}
),

conformed as (
    select
        'census__acs_language' as source,
        contract.jurisdiction,
        estimates._load_id,
        -- 1400000US55079000101: the summary level is before the tract
        right(estimates.geo_id, 11) as tract_geoid,
        contract.period_start,
        contract.period_end,
        concepts.language_group_code,
        concepts.english_ability,
        cast(estimates.estimate as double) as people,
        cast(margins.moe as double) as moe
    from estimates
    inner join {{ ref('census_languages') }} as concepts on estimates.column_name = concepts.column_name
    left join margins on estimates.geo_id = margins.geo_id and concepts.margin_column = margins.column_name
    left join contract on true
)

select * from conformed
