{#
    The rows of a relation with the stratum of their label in its dimension: `not_mapped` where the crosswalk does not contain
    it, `all` on rows whose label is a race. No row is lost or doubled.

    relation: a CTE with dimension_reported, group_reported and race_vocabulary · vocabulary: the word list of the labels
#}
{% macro stratum_conformed(relation, vocabulary) -%}
    select
        {{ relation }}.*,
        case when {{ relation }}.race_vocabulary is null then coalesce(strata.stratum_type, 'not_mapped') else 'all' end as stratum_type,
        case when {{ relation }}.race_vocabulary is null then coalesce(strata.stratum_code, 'not_mapped') else 'all' end as stratum_code,
        nullif(strata.missing_reason, '') as stratum_missing_reason
    from {{ relation }}
    left join {{ ref('stratum_crosswalk') }} as strata
        on
            strata.vocabulary = '{{ vocabulary }}'
            and {{ relation }}.dimension_reported = strata.dimension
            and {{ normalised(relation ~ '.group_reported') }} = {{ normalised('strata.reported_label') }}
{%- endmacro %}
