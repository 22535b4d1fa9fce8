-- one row per table, year, city or county, group and figure, as the Urban Institute publishes it
{#-
    The tables share one form. Here per source: the place that a row is of, the length of its period in years, and its figures by column,
    whose bounds and quality have the same name with an ending.
#}
{%- set urban_tables = {
    'urban__household_income': {'place': 'place', 'years': 5, 'bounded': ['pctl_income_20', 'pctl_income_50', 'pctl_income_80']},
    'urban__employment': {'place': 'place', 'years': 5, 'bounded': ['share_employed']},
    'urban__hs_diploma': {'place': 'place', 'years': 5, 'bounded': ['share_hs_degree']},
    'urban__preschool': {'place': 'place', 'years': 5, 'bounded': ['share_in_preschool']},
    'urban__digital_access': {'place': 'place', 'years': 5, 'unbounded': ['share_digital_access']},
    'urban__poverty_exposure': {'place': 'place', 'years': 5, 'unbounded': ['share_poverty_exposure']},
    'urban__student_homelessness': {
        'place': 'place', 'years': 'school', 'bounded': ['count_homeless'], 'unbounded': ['share_homeless']
    },
    'urban__juvenile_arrests': {'place': 'place', 'years': 1, 'unbounded': ['rate_juv_arrest']},
    'urban__low_birth_weight': {'place': 'county', 'years': 1, 'bounded': ['rate_low_birth_weight']},
    'urban__debt_collections': {'place': 'county', 'years': 1, 'unbounded': ['share_debt_coll']},
} %}
with
unioned as (
    {%- for table, form in urban_tables.items() %}
    {%- set outer_last = loop.last %}
    {%- set figures = form.get('bounded', []) + form.get('unbounded', []) %}
    {%- for figure in figures %}
    select
        '{{ table }}' as source,
        _record_hash,
        _load_id,
        _source_file,
        _source_row,
        year,
        '{{ 'city' if form.place == 'place' else 'county' }}' as geography_type,
        state_code || {{ form.place }}_code as geoid,
        {%- if form.years == 'school' %}
        make_date(year, 7, 1) as period_start,
        make_date(year + 1, 6, 30) as period_end,
        {%- else %}
        make_date(year - {{ form.years - 1 }}, 1, 1) as period_start,
        make_date(year, 12, 31) as period_end,
        {%- endif %}
        subgroup_type as dimension_reported,
        subgroup as group_reported,
        -- the publisher spells it in two ways
        case
            when '{{ table }}' <> 'urban__debt_collections' and subgroup_type in ('race-ethnicity', 'race_ethnicity')
                then 'urban_upward_mobility'
        end as race_vocabulary,
        {#- of the students of a city in the row of all, and of its homeless students in the row of a group #}
        {%- if figure == 'share_homeless' %}
        case when subgroup_type = 'all' then 'share_homeless' else 'share_of_homeless' end as published_measure,
        {%- else %}
        '{{ figure }}' as published_measure,
        {%- endif %}
        cast({{ figure }} as double) as value,
        {%- if figure in form.get('bounded', []) %}
        cast({{ figure }}_lb as double) as bound_low,
        cast({{ figure }}_ub as double) as bound_high,
        {%- else %}
        cast(null as double) as bound_low,
        cast(null as double) as bound_high,
        {%- endif %}
        {{ figure }}_quality as publisher_quality,
        {{ figure }}_missing_reason as value_missing_reason
    from {{ source('landing', table) }}
    {{- '' if loop.last and outer_last else '\n    union all' }}
    {%- endfor %}
    {%- endfor %}
),

race_conformed as (
    {{ race_conformed('unioned', 'unioned.group_reported', 'unioned.race_vocabulary', 'unioned.period_end') }}
),

stratified as (
    {{ stratum_conformed('race_conformed', 'urban_upward_mobility') }}
),

conformed as (
    select
        stratified.source,
        stratified._record_hash,
        stratified._load_id,
        stratified._source_file,
        stratified._source_row,
        stratified.published_measure,
        -- a file has no date: a release is known by the last year that it contains
        cast(max(stratified.year) over (partition by stratified.source, stratified._load_id, stratified._source_file) as varchar)
            as release,
        stratified.geography_type,
        'current' as geography_vintage,
        stratified.geoid,
        stratified.period_start,
        stratified.period_end,
        standards.race_standard,
        stratified.race_ethnicity_reported,
        stratified.race_ethnicity_code,
        stratified.stratum_type,
        stratified.stratum_code,
        stratified.value,
        stratified.bound_low,
        stratified.bound_high,
        cast(null as double) as margin,
        stratified.publisher_quality,
        cast(null as double) as numerator,
        cast(null as double) as denominator,
        stratified.value_missing_reason
    from stratified
    left join {{ source('receipts', 'vocabularies') }} as standards on standards.vocabulary = 'urban_upward_mobility'
)

select * from conformed
