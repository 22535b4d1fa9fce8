{#
    Successions that cannot be counted as one source: a measure has one threshold, one place and one unit, so that both contracts have
    the same terms; a successor succeeds one source, which measures name, and no successor of it.
#}
{% macro successions_agree_check(relation, contracts) -%}
    select
        successions.source,
        successions.successor,
        case
            when old.source is null or new.source is null then 'no contract'
            when later.source is not null then 'name the source that measures name, not its successor'
            else 'other terms'
        end as problem
    from {{ relation }} as successions
    left join {{ contracts }} as old on successions.source = old.source
    left join {{ contracts }} as new on successions.successor = new.source
    left join {{ relation }} as later on successions.source = later.successor
    where
        -- another city or state need not have the source
        (old.source is not null or new.source is not null)
        and (
            later.source is not null
            {%- for name in ['jurisdiction', 'statistical_unit', 'classification', 'suppress_below', 'zeros', 'protect', 'republish', 'keeps_snapshots'] %}
            or old.{{ name }} is distinct from new.{{ name }}
            {%- endfor %}
        )
{%- endmacro %}
