{#
    Money of the recovery projects up to the end of each reporting period, in each kind of place that the registry wants and by piece; the
    engine adds the residents. A project that is everywhere in the city is in the city's row only.
#}
{% macro arpa_per_resident(measure_id, amount) -%}
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
        {{ amount }} as amount_usd
    from {{ ref('fct_arpa_projects') }}
),

with_place as (
    {{ by_place(
        'projects', measure_id, {'numerator': 'cast(sum(amount_usd) as double)', 'records_count': 'cast(count(*) as double)'}, records='1'
    ) }}
),

final as (
    select
        '{{ measure_id }}' as measure_id,
        1 as measure_version,
        *
    from with_place
)
{%- endmacro %}
