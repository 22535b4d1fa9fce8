{#
    Race delivered in several parts: the columns that `race_conformed` adds, from a list of labels per record. Each label goes through the
    crosswalk by itself, and what was selected is the union.

    - One label that the crosswalk does not contain makes the record not_mapped: the rest of the selection is unknown.
    - A label may leave a category open: an ethnicity that was not answered is not `not Hispanic`. If nothing else selects that category, the
      record has the reason of that label and no set. Of a question whose answers select Hispanic, every label with a missing reason other
      than not_applicable does so; `race_open_labels` lists further labels.
    - Labels without a set (two or more, a combined legacy label) leave the record without one; next to another category they are
      multiracial, and under the 1997 standard Hispanic still comes first.
    - Nothing selected: the most informative reason (`reason_precedence`). Boxes left empty give `not_applicable` each, and a record of
      nothing else was not collected.

    parts: SQL of a list of labels, empty without an answer · reported: SQL of the text to keep
    relation, vocabulary, on_date: as in `race_conformed`
#}
{% macro race_conformed_parts(relation, parts, reported, vocabulary, on_date) -%}
    with
    race_told as (
        select distinct
            {{ vocabulary }} as vocabulary,
            {{ parts }} as parts,
            coalesce({{ on_date }}, date '9999-12-31') as valid_on
        from {{ relation }}
        where {{ vocabulary }} is not null
    ),

    race_labels as (
        select
            *,
            unnest(case when len(parts) > 0 then parts else [''] end) as label
        from race_told
    ),

    -- the questions of which an answer selects Hispanic
    ethnicity_questions as (
        select distinct
            vocabulary,
            split_part(normalised_label, '=', 1) as question
        from ({{ resolved_crosswalk() }})
        where contains(normalised_label, '=') and list_contains(race_ethnicity_set, 'hispanic')
    ),

    race_meanings as (
        select
            labels.vocabulary,
            labels.parts,
            labels.valid_on,
            count(*) filter (where crosswalk.vocabulary is null) > 0 as is_unmapped,
            {{ sorted_union('crosswalk.race_ethnicity_set') }} as selection,
            coalesce(
                list_distinct(list(crosswalk.race_ethnicity_code) filter (
                    where crosswalk.race_ethnicity_set is null and crosswalk.race_ethnicity_code is not null
                )),
                []
            ) as codes_without_set,
            {{ first_reason('crosswalk.missing_reason') }} as reason,
            list_concat(
                coalesce(list(open_labels.leaves_open) filter (where open_labels.leaves_open is not null), []),
                coalesce(list('hispanic') filter (where {{ leaves_ethnicity_open() }}), [])
            ) as left_open,
            {{ first_reason('crosswalk.missing_reason', '(open_labels.leaves_open is not null or ' ~ leaves_ethnicity_open() ~ ')') }}
                as reason_of_open
        from race_labels as labels
        left join ({{ resolved_crosswalk() }}) as crosswalk
            on
                labels.vocabulary = crosswalk.vocabulary
                and {{ normalised('labels.label') }} = crosswalk.normalised_label
                and labels.valid_on between crosswalk.valid_from and crosswalk.valid_to
        left join {{ ref('race_open_labels') }} as open_labels
            on
                labels.vocabulary = open_labels.vocabulary
                and {{ normalised('labels.label') }} = {{ normalised('open_labels.reported_label') }}
                and labels.valid_on between open_labels.valid_from and open_labels.valid_to
        left join ethnicity_questions
            on
                labels.vocabulary = ethnicity_questions.vocabulary
                and split_part(crosswalk.normalised_label, '=', 1) = ethnicity_questions.question
                and contains(crosswalk.normalised_label, '=')
        group by all
    ),

    -- the number of different answers: each category, and each label without one
    race_weighed as (
        select
            *,
            len(selection) + len(codes_without_set) as answer_count,
            case
                when is_unmapped then 'not_mapped'
                when len(selection) + len(codes_without_set) = 0 then coalesce(reason, 'not_collected')
                when len(list_filter(left_open, lambda category: not list_contains(selection, category))) > 0 then reason_of_open
            end as why_not
        from race_meanings
    ),

    race_resolved as (
        select
            vocabulary,
            parts,
            valid_on,
            why_not,
            case when why_not is null and len(codes_without_set) = 0 then selection end as race_ethnicity_set,
            case when answer_count > 1 then 'multiracial' else coalesce(selection[1], codes_without_set[1]) end as code_2024,
            case
                when list_contains(selection, 'hispanic') then 'hispanic'
                when len({{ set_1997('selection') }}) + len(codes_without_set) > 1 then 'multiracial'
                else coalesce({{ set_1997('selection') }}[1], codes_without_set[1])
            end as code_1997
        from race_weighed
    )

    select
        {{ relation }}.*,
        case when {{ vocabulary }} is not null then {{ reported }} end as race_ethnicity_reported,
        resolved_race.race_ethnicity_set,
        case
            when {{ vocabulary }} is null then 'all'
            else coalesce(resolved_race.why_not, {{ code_in_standard('vocabularies.race_standard', 'resolved_race.code_2024', 'resolved_race.code_1997') }})
        end as race_ethnicity_code,
        case when {{ vocabulary }} is null then 'all' else coalesce(resolved_race.why_not, resolved_race.code_1997) end as race_ethnicity_code_1997,
        vocabularies.race_standard
    from {{ relation }}
    left join race_resolved as resolved_race
        on
            {{ vocabulary }} = resolved_race.vocabulary
            and {{ parts }} = resolved_race.parts
            and coalesce({{ on_date }}, date '9999-12-31') = resolved_race.valid_on
    left join {{ source('receipts', 'vocabularies') }} as vocabularies
        on {{ vocabulary }} = vocabularies.vocabulary
{%- endmacro %}


{# Select all that apply, delivered as one text: the labels between the delimiter that the contract gives the column. #}
{% macro race_conformed_list(relation, label, delimiter, vocabulary, on_date) -%}
    {{ race_conformed_parts(relation, labels_between(label, delimiter), label, vocabulary, on_date) }}
{%- endmacro %}


{#
    One column per category, or race and ethnicity asked separately. A label without its question has no meaning, so the crosswalk contains it
    as `question=value`.

    questions: the question of each such column, as the contract names it: {'is_asian': 'Asian', 'ethnicity': 'Ethnicity'}
    label: a column whose label needs no question (the race of a two-question form), or none · delimiter: of that label, or none
    flags: columns of boxes that a person ticks, with the label that a tick selects: {'is_white': 'White', 'is_black': 'Black or African American'}
#}
{% macro race_conformed_questions(relation, questions, vocabulary, on_date, label=none, delimiter=none, flags=none) -%}
    {%- if flags -%}
    with
    race_flagged as (
        select
            {{ relation }}.*,
            {{ labels_of_flags(relation, flags, labels_of_questions(relation, questions, label, delimiter)) }} as race_parts
        from {{ relation }}
        cross join (
            select
                list({{ normalised('reported_value') }}) filter (where is_ticked) as ticked,
                list({{ normalised('reported_value') }}) filter (where not is_ticked) as unticked
            from {{ ref('race_flag_values') }}
        ) as flag_values
    ),

    race_of_flags as (
        {{ race_conformed_parts(
            'race_flagged', 'race_flagged.race_parts', "array_to_string(race_flagged.race_parts, '; ')",
            vocabulary | replace(relation ~ '.', 'race_flagged.'), on_date | replace(relation ~ '.', 'race_flagged.')
        ) }}
    )

    select * exclude (race_parts) from race_of_flags
    {%- else -%}
    {%- set parts = labels_of_questions(relation, questions, label, delimiter) -%}
    {{ race_conformed_parts(relation, parts, "array_to_string(" ~ parts ~ ", '; ')", vocabulary, on_date) }}
    {%- endif -%}
{%- endmacro %}


{#
    One label, and the text that some wrote in. `race_write_ins` gives the effect of the text per label: it `replaces` a
    label without a meaning of its own (Other), is kept without an effect (`keeps`: two or more races, of which it names some), or
    `adds` to the label if the crosswalk contains it. What was written is `race_ethnicity_written_in`, what it means by itself
    `race_ethnicity_written_in_code` (NULL where nothing was written).
#}
{% macro race_conformed_written_in(relation, label, written_in, vocabulary, on_date) -%}
    with
    race_written as (
        select
            {{ relation }}.*,
            case when {{ text_written_in() }} then {{ written_in }} end as race_ethnicity_written_in,
            case when {{ text_written_in() }} then coalesce(crosswalk.race_ethnicity_code, 'not_mapped') end
                as race_ethnicity_written_in_code,
            case
                when not {{ text_written_in() }} or write_ins.effect = 'keeps' then [{{ label }}]
                when write_ins.effect = 'replaces' then [{{ written_in }}]
                when crosswalk.race_ethnicity_code is null then [{{ label }}]
                else [{{ label }}, {{ written_in }}]
            end as race_parts
        from {{ relation }}
        left join ({{ resolved_crosswalk() }}) as crosswalk
            on
                {{ vocabulary }} = crosswalk.vocabulary
                and {{ normalised(written_in) }} = crosswalk.normalised_label
                and coalesce({{ on_date }}, date '9999-12-31') between crosswalk.valid_from and crosswalk.valid_to
        left join {{ ref('race_write_ins') }} as write_ins
            on
                {{ vocabulary }} = write_ins.vocabulary
                and {{ normalised(label) }} = {{ normalised('write_ins.reported_label') }}
    ),

    race_of_both as (
        {{ race_conformed_parts(
            'race_written', 'race_written.race_parts', label | replace(relation ~ '.', 'race_written.'),
            vocabulary | replace(relation ~ '.', 'race_written.'), on_date | replace(relation ~ '.', 'race_written.')
        ) }}
    )

    select * exclude (race_parts) from race_of_both
{%- endmacro %}


{# Something was written: an empty cell and the source's own word for one have a reason in the crosswalk. #}
{% macro text_written_in() -%}
    (crosswalk.missing_reason is null)
{%- endmacro %}


{% macro labels_between(label, delimiter) -%}
    list_filter(string_split(coalesce({{ label }}, ''), '{{ delimiter | replace("'", "''") }}'), lambda part: trim(part) <> '')
{%- endmacro %}


{% macro labels_of_questions(relation, questions, label, delimiter) -%}
    list_concat(
        {{ labels_between(label, delimiter) if delimiter else ("[coalesce(" ~ label ~ ", '')]" if label else '[]') }},
        [
            {%- for column, question in questions.items() -%}
                '{{ question }}=' || trim(coalesce({{ relation }}.{{ column }}, '')){{ ', ' if not loop.last }}
            {%- endfor -%}
        ]
    )
{%- endmacro %}


{#
    The labels of the ticked boxes, after `others`. A cell that contains the label is a tick. A cell that is neither a tick nor an empty box
    (`race_flag_values`) becomes `label=cell`, which no crosswalk contains.
#}
{% macro labels_of_flags(relation, flags, others) -%}
    list_concat(
        {{ others }},
        list_filter(
            [
                {%- for column, label in flags.items() %}
                {%- set cell = normalised(relation ~ '.' ~ column) %}
                {%- set text = "'" ~ (label | replace("'", "''")) ~ "'" %}
                case
                    when list_contains(flag_values.ticked, {{ cell }}) or {{ cell }} = {{ normalised(text) }} then {{ text }}
                    when not list_contains(flag_values.unticked, {{ cell }}) then {{ text }} || '=' || {{ relation }}.{{ column }}
                end{{ ',' if not loop.last }}
                {%- endfor %}
            ],
            lambda part: part is not null
        )
    )
{%- endmacro %}


{# SQL boolean in `race_conformed_parts`: the label answers a question about ethnicity, but neither yes nor no. #}
{% macro leaves_ethnicity_open() -%}
    (ethnicity_questions.question is not null and crosswalk.missing_reason <> 'not_applicable')
{%- endmacro %}


{# The categories of all labels of a record, sorted; empty where no label names one. #}
{% macro sorted_union(sets) -%}
    coalesce(list_sort(list_distinct(flatten(list({{ sets }}) filter (where {{ sets }} is not null)))), [])
{%- endmacro %}


{# Missing reasons, from the most to the least informative; an empty box is the least. #}
{% macro reason_precedence() -%}
    ['suppressed_at_source', 'declined', 'respondent_unknown', 'observer_unknown', 'invalid', 'not_collected', 'not_asked']
{%- endmacro %}


{% macro first_reason(reason, among='true') -%}
    {{ reason_precedence() }}[min(list_position({{ reason_precedence() }}, {{ reason }})) filter (where {{ among }})]
{%- endmacro %}
