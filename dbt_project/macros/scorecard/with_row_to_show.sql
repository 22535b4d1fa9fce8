{#
    The rows of a relation of measures with is_shown_first: of all rows of a measure, period, place, group and stratum, the one to show.

    - the current version of the measure
    - one map per kind of place and period: for a snapshot the map in force now, else the one in force at the end of the period; where
      that map has no row, the newest that has
    - figures of people before place-weighted ones, whatever their status: a place-weighted figure must not stand in for a hidden one
    - the race standard by which the measure has more figures, then the newer one; one race per person before overlapping groups

    Only columns that the row shows anyway decide, and no figure.
#}
{% macro with_row_to_show(relation) -%}
    {%- set of_kind = ['measure_id', 'measure_version', 'period_type', 'period_start', 'geography_type'] -%}
    {%- set of_row = of_kind + ['geography_vintage', 'geoid', 'race_ethnicity_code', 'stratum_type', 'stratum_code'] -%}
    select
        marked.* exclude (preference, preferred_vintage),
        coalesce(marked.geography_vintage = marked.preferred_vintage and marked.preference = firsts.preference, false) as is_shown_first
    from (
        {{ with_preference(relation, of_kind) }}
    ) as marked
    left join (
        select
            {{ of_row | join(', ') }},
            min(preference) as preference
        from (
            {{ with_preference(relation, of_kind) }}
        )
        group by all
    ) as firsts on {{ same_columns('marked', 'firsts', of_row) }}
{%- endmacro %}


{# preferred_vintage: the map of the kind of place and period · preference: the smaller, the earlier a row is shown; NULL for never #}
{% macro with_preference(relation, of_kind) -%}
    select
        figures.*,
        maps.preferred_vintage,
        case
            when measures.is_current and figures.tabulation <> 'alone_or_in_combination'
                then
                    struct_pack(
                        by_place := figures.method = 'place_weighted',
                        by_standard := - standards.computed_count,
                        by_older_standard := figures.race_standard <> 'spd15_2024',
                        by_overlap := figures.tabulation <> 'exclusive',
                        tabulation := figures.tabulation,
                        method := figures.method
                    )
        end as preference
    from {{ relation }} as figures
    left join {{ ref('dim_measure') }} as measures
        on figures.measure_id = measures.measure_id and figures.measure_version = measures.measure_version
    left join (
        select
            measure_id,
            race_standard,
            count(*) filter (where value_status = 'computed') as computed_count
        from {{ relation }}
        group by measure_id, race_standard
    ) as standards on figures.measure_id = standards.measure_id and figures.race_standard = standards.race_standard
    left join (
        select
            {{ of_kind | join(', ') }},
            max(struct_pack(
                is_in_force := case
                    when figures.period_type = 'snapshot' then vintages.valid_to is null
                    else
                        figures.period_end >= coalesce(vintages.valid_from, figures.period_end)
                        and figures.period_end <= coalesce(vintages.valid_to, figures.period_end)
                end,
                vintage := geography_vintage
            )).vintage as preferred_vintage
        from {{ relation }} as figures
        left join {{ ref('geography_vintages') }} as vintages using (geography_type, geography_vintage)
        group by {{ of_kind | join(', ') }}
    ) as maps on {{ same_columns('figures', 'maps', of_kind) }}
{%- endmacro %}
