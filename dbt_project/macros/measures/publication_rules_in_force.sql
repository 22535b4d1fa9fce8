{# The figures of disclosure control on the day of the run, one per rule and source: of two that hold, the one that began last. #}
{% macro publication_rules_in_force() -%}
    (
        select
            rules.rule,
            rules.source,
            rules.value
        from {{ ref('publication_rules') }} as rules
        cross join {{ ref('stg_receipts__clock') }} as clock
        where
            cast(clock.as_of as date) between coalesce(rules.valid_from, {{ first_day() }}) and coalesce(rules.valid_to, {{ last_day() }})
        qualify row_number() over (partition by rules.rule, rules.source order by rules.valid_from desc nulls last) = 1
    )
{%- endmacro %}
