{#
    Whether a measure has figures of the city, or the first reason why not: a code with a text availability.<code>. Of the relations measures,
    sources, shown, topics, plans and elsewhere of the model `measures`.
#}
{% macro measure_availability() -%}
    case
        when not measures.is_current then null
        when shown.shown_count > 0 then 'shown'
        when topics.measure_id is not null and not coalesce(sources.is_stand_in, false) then 'by_topic'
        when measures.retired_on is not null then 'retired'
        when sources.is_stand_in then 'stand_in'
        when sources.agreement_status in ('ended', 'removed') then 'agreement_ended'
        when coalesce(sources.republish, 'allowed') <> 'allowed' then 'not_republished'
        when sources.data_as_of is null then 'not_delivered'
        when coalesce(plans.is_withheld, true) then 'not_planned'
        when
            shown.usual_status in (
                'hidden', 'hidden_at_source', 'too_few', 'not_recorded', 'not_observable', 'contradicted', 'not_usable', 'incomplete'
            )
            then shown.usual_status
        when elsewhere.source is not null then 'other_places'
        else 'no_records'
    end
{%- endmacro %}
