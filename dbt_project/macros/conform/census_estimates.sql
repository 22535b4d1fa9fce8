{#
    The estimates of a census file of a sample survey: one row per place and concept line, the people whom the line estimates with their
    margin of error.

    source_name: the contract · geoid: the column of the place · lines: pattern of the columns of estimates, whose margins end in `_moe` ·
    concepts: the lines of census_concepts that define what is counted
#}
{% macro census_estimates(source_name, geoid, lines, concepts) -%}
with
typed as (
    select * from {{ source('landing', source_name) }}
),

contract as (
    {{ contract_row(source_name) }}
),

estimates as (
    {{ unpivoted('typed', columns=[geoid, '_load_id'], names='column_name', values='population', pattern='^' ~ lines ~ '$') }}
),

margins as (
    {{ unpivoted('typed', columns=[geoid], names='column_name', values='moe', pattern='^' ~ lines ~ '_moe$') }}
),

conformed as (
    select
        '{{ source_name }}' as source,
        contract.jurisdiction,
        estimates._load_id,
        estimates.{{ geoid }},
        vocabularies.race_standard,
        concepts.race_ethnicity_code,
        concepts.age_universe,
        cast(estimates.population as double) as population,
        cast(margins.moe as double) as moe
    from estimates
    inner join {{ ref('census_concepts') }} as concepts
        on concepts.concepts = '{{ concepts }}' and estimates.column_name = concepts.column_name
    left join margins on estimates.{{ geoid }} = margins.{{ geoid }} and concepts.margin_column = margins.column_name
    left join {{ source('receipts', 'vocabularies') }} as vocabularies on vocabularies.vocabulary = 'census_pl94171'
    left join contract on true
)
{%- endmacro %}
