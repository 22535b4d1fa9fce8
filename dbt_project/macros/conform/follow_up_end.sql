{#
    Until when it could be seen that a record was closed (censoring time): min(data as of, start + N days); a contract that promises no
    follow-up lets nothing be seen.
#}
{% macro follow_up_end(start, until, days, data_as_of) -%}
    case {{ until }}
            when 'delivery' then {{ data_as_of }}
            when 'days_after_start' then least({{ data_as_of }}, {{ start }} + to_days({{ days }}))
        end
{%- endmacro %}


{#
    The same for records of one source, with the values of its contract as literals: a view over the parts of a fact cannot read the
    working warehouse.
#}
{% macro followed_until(source_name, start) -%}
    {%- set found = run_query(
        "select coalesce('''' || follow_up_until || '''', 'cast(null as varchar)') as until,"
        ~ " coalesce(cast(follow_up_days as varchar), 'cast(null as integer)') as days,"
        ~ " coalesce('timestamp ''' || data_as_of || '''', 'cast(null as timestamp)') as data_as_of"
        ~ " from (" ~ contract_row(source_name) ~ ")"
    ) -%}
    {%- set values = found.rows[0] -%}
    {{ follow_up_end(start, values['until'], values['days'], values['data_as_of']) }}
{%- endmacro %}


{# A newer delivery sees further: the censoring times of a fact that grows, where they are others now. #}
{% macro extend_follow_up(source_name, start) -%}
    {%- if execute and this and is_incremental() %}
    {%- set until = followed_until(source_name, 'held.' ~ start) %}
    update {{ this }} as held
    set followed_until_at = {{ until }}
    where held.followed_until_at is distinct from {{ until }}
    {%- endif -%}
{%- endmacro %}
