-- one row per measure, period, place or part of one, race and stratum with a count
with
unioned as (
    {{ empty_counts() }}
    {%- for model in counts_models() %}
    union all by name
    select * from {{ ref(model) }}
    {%- endfor %}
),

final as (
    select
        * replace (
            coalesce(tabulation, 'exclusive') as tabulation,
            coalesce(value_status, 'computed') as value_status,
            coalesce(bridged, false) as bridged
        )
    from unioned
)

select * from final
