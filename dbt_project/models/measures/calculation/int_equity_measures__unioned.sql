-- one row per measure, period, place or part of one, race and stratum with a count; a period is left out if some of its records
-- may not be kept any more, because the remaining ones would be presented as all (ADR 48)
with
unioned as (
    {{ empty_counts() }}
    {%- for model in counts_models() %}
    union all by name
    select * from {{ ref(model) }}
    {%- endfor %}
),

terms as (
    select * from {{ ref('stg_receipts__agreement_terms') }}
),

final as (
    select
        unioned.* replace (
            coalesce(unioned.tabulation, 'exclusive') as tabulation,
            coalesce(unioned.value_status, 'computed') as value_status,
            coalesce(unioned.bridged, false) as bridged
        )
    from unioned
    left join terms on unioned.source = terms.source
    where terms.kept_from is null or unioned.period_start >= terms.kept_from
)

select * from final
