{#
Who takes part, or is stopped, or is served, against who lives here. Lists of one element a group. Here: share ratios by
group and one score. Not here: intervals (use rate_ratio_ci on the same counts).
#}

{# The share ratio of Missouri's vehicle stops reports ("disparity index") and of the location quotient. #}
{% macro stats_representation(database) %}
create or replace macro {{ database }}.stats.representation(participants, populations) as
    list_transform([{'participants': participants::double[], 'populations': populations::double[]}], lambda s: case
        {{ stats_check_lists('representation', ['participants', 'populations']) }}
        when list_sum(s['participants']) = 0 or list_sum(s['populations']) = 0 then null
        else list_transform([list_sum(s['participants']) / list_sum(s['populations'])], lambda overall:
            list_transform(s['participants'], lambda a, i: a / nullif(s['populations'][i], 0) / overall)
        )[1]
    end)[1];
comment on macro {{ database }}.stats.representation is
    'List of share ratios, one a group: share of participants / share of population; NULL for a group without population';
{% endmacro %}

{# The impact ratio of the Uniform Guidelines on Employee Selection Procedures (29 CFR 1607.4 D), lowest rate over highest. #}
{% macro stats_representation_score(database) %}
create or replace macro {{ database }}.stats.representation_score(participants, populations) as
    list_transform([{'participants': participants::double[], 'populations': populations::double[]}], lambda s: case
        {{ stats_check_lists('representation_score', ['participants', 'populations']) }}
        when list_min(s['populations']) = 0 or list_sum(s['participants']) = 0 then null
        else list_transform([list_transform(s['participants'], lambda a, i: a / s['populations'][i])], lambda rates:
            list_min(rates) / list_max(rates)
        )[1]
    end)[1];
comment on macro {{ database }}.stats.representation_score is
    'Lowest participation rate over the highest, 0 to 1; NULL when a group has no population or without participants';
{% endmacro %}
