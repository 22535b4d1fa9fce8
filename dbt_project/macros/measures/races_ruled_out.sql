{# One row per combined label and group that it cannot contain (combined_race_codes). A label without a row there may be any group. #}
{% macro races_ruled_out() -%}
    select
        combined.race_ethnicity_code as combined_code,
        races.race_ethnicity_code
    from (select distinct race_ethnicity_code from {{ ref('combined_race_codes') }}) as combined
    inner join {{ ref('dim_race_ethnicity') }} as races
        on races.kind in ('category', 'combination', 'combined_legacy') and combined.race_ethnicity_code <> races.race_ethnicity_code
    left join {{ ref('combined_race_codes') }} as possible
        on
            combined.race_ethnicity_code = possible.race_ethnicity_code
            and races.race_ethnicity_code = possible.possible_code
    where possible.possible_code is null
{%- endmacro %}
