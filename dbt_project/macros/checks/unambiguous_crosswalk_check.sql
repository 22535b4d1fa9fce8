{#
    Ambiguous crosswalk rows: neither a code nor a reason, or both; a set that is not its code (one category: that
    one; two or more: multiracial); a set of something that is no category; two rows for one label on one day.
#}
{% macro unambiguous_crosswalk_check(relation, races) -%}
    with
    crosswalk as (
        select
            *,
            {{ normalised('reported_label') }} as normalised_label,
            {{ selection_set('race_ethnicity_set') }} as selection,
        from {{ relation }}
    )

    select 'a code or a reason, and not both' as problem, vocabulary, reported_label
    from crosswalk
    where (race_ethnicity_code is null) = (missing_reason is null)
    union all
    select 'the set is not its code', vocabulary, reported_label
    from crosswalk
    where selection is not null
        and race_ethnicity_code is distinct from case when len(selection) > 1 then 'multiracial' else selection[1] end
    union all
    select 'the set holds something that is no category', crosswalk.vocabulary, crosswalk.reported_label
    from (select vocabulary, reported_label, unnest(selection) as race_ethnicity_code from crosswalk) as crosswalk
    left join {{ races }} as races on crosswalk.race_ethnicity_code = races.race_ethnicity_code and races.kind = 'category'
    where races.race_ethnicity_code is null
    union all
    select 'a missing reason that is none', crosswalk.vocabulary, crosswalk.reported_label
    from crosswalk
    inner join {{ races }} as races on crosswalk.missing_reason = races.race_ethnicity_code
    where races.kind <> 'missing'
    union all
    select 'two rows for one label on one day', earlier.vocabulary, earlier.reported_label
    from crosswalk as earlier
    inner join crosswalk as later
        on earlier.vocabulary = later.vocabulary
        and earlier.normalised_label = later.normalised_label
        and earlier.valid_from < later.valid_from
        and earlier.valid_to >= later.valid_from
{%- endmacro %}
