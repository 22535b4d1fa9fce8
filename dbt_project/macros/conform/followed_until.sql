{#
    Until when it could be seen that a record was closed (censoring time): min(data as of, start + N days); a contract that promises no
    follow-up lets nothing be seen.
#}
{% macro followed_until(start, until, days, data_as_of) -%}
    case {{ until }}
            when 'delivery' then {{ data_as_of }}
            when 'days_after_start' then least({{ data_as_of }}, {{ start }} + to_days({{ days }}))
        end
{%- endmacro %}


{# A newer delivery sees further: the censoring times of a fact that grows, where they are others now. #}
{% macro follow_longer(source_name, start) -%}
    {%- if execute and this and is_incremental() %}
    {%- set until = followed_until('held.' ~ start, 'contract.follow_up_until', 'contract.follow_up_days', 'contract.data_as_of') %}
    update {{ this }} as held
    set followed_until_at = {{ until }}
    from ({{ contract_of(source_name) }}) as contract
    where held.followed_until_at is distinct from {{ until }}
    {%- endif -%}
{%- endmacro %}
