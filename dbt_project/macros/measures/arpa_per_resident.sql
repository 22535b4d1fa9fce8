{#
    The recovery projects of each reporting period as a snapshot of its last day, with the columns that a measure adds up. `where`: those
    that it counts.
#}
{% macro arpa_snapshots(columns, where) -%}
    select
        source,
        jurisdiction,
        'snapshot' as period_type,
        period_end as period_start,
        period_end,
        {{ piece_columns() }},
        {{ without_race() }},
        {{ without_stratum() }},
        {{ columns }}
    from {{ ref('fct_arpa_projects') }}
    where {{ where }}
{%- endmacro %}


{#
    Money of the recovery projects up to the end of each reporting period, in each kind of place that the registry wants and by piece; the
    engine adds the residents. A project that is everywhere in the city is in the city's row only.
#}
{% macro arpa_per_resident(measure_id, amount) -%}
with
projects as (
    {{ arpa_snapshots(amount ~ ' as amount_usd', where='true') }}
),

final as (
    {{ counts_by_place(
        'projects', measure_id, {'numerator': 'cast(sum(amount_usd) as double)', 'records_count': 'cast(count(*) as double)'}, records='1'
    ) }}
)

select * from final
{%- endmacro %}
