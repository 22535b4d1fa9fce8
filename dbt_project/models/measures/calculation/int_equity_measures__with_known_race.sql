-- one row per measure, period, place, race and stratum, with what is known of the whole and whether a value can be computed
{%- set of_both = slice_columns() | reject('equalto', 'tabulation') | list %}
with
united as (
    select * exclude (kind) from {{ ref('int_equity_measures__with_population') }}
    where method <> 'place_weighted'
    union all by name
    select * exclude (kind) from {{ ref('int_equity_measures__place_weighted') }}
),

measured as (
    select
        united.* replace (
            case when united.value_status in ('computed', 'no_denominator', 'incomplete_inside') then united.numerator end as numerator,
            case
                when united.value_status in ('computed', 'no_denominator', 'incomplete_inside', 'bounded') then united.denominator
            end as denominator
        ),
        -- the records that a row speaks of, among which race is known or not
        case
            when united.method = 'place_weighted' or measures.kind = 'estimate' or united.stratum_type = 'adjustment' then null
            when measures.kind in ('composition', 'count') then united.numerator
            when measures.kind = 'rate' and measures.population_scheme is not null then united.numerator
            when measures.kind = 'rate' and united.records_count is not null then united.records_count
            when measures.kind in ('median', 'sum', 'amount_rate', 'amount_share') then united.records_count
            else united.denominator
        end as records,
        measures.kind,
        measures.unit,
        measures.favourable_direction,
        measures.reference_rule,
        measures.reference_code as fixed_reference_code,
        measures.minimum_n,
        measures.interval_basis,
        measures.is_estimate,
        measures.statistical_unit,
        races.kind as race_kind,
        -- a category or a combination: a combined legacy label does not specify the group
        races.kind in ('category', 'combination') as is_known_race,
        -- people who selected several are once among the exclusive rows, whose whole is the whole of both tabulations
        is_known_race and united.tabulation = 'exclusive' as is_known_once,
        {{ says_race('races') }} and united.tabulation = 'exclusive' as says_race_once,
        united.value_status in ('suppressed_at_source', 'bounded') and races.kind <> 'total' as is_hidden_race,
        -- the figure of a group holds for a part of the people, and the others may be of any group
        united.method = 'aggregate' and united.place_coverage_pct is not null as is_partly_shown
    from united
    inner join {{ ref('dim_measure') }} as measures
        on united.measure_id = measures.measure_id and united.measure_version = measures.measure_version
    inner join {{ ref('dim_race_ethnicity') }} as races on united.race_ethnicity_code = races.race_ethnicity_code
),

labelled as (
    {{ with_ruled_out_records('measured', of_both) }}
),

whole as (
    select
        *,
        max(numerator) filter (where race_kind = 'total') over slice as whole_numerator,
        max(records) filter (where race_kind = 'total') over slice as whole_records,
        max(denominator) filter (where race_kind = 'total') over slice as whole_denominator,
        {{ sum_in_order('numerator', among='is_known_once', over='slice') }} as known_numerator,
        {{ sum_in_order('records', among='is_known_once', over='slice') }} as known_records,
        {{ sum_in_order('denominator', among='is_known_once', over='slice') }} as known_denominator,
        {{ sum_in_order('records', among='says_race_once', over='slice') }} as race_records,
        bool_or(race_kind <> 'total') over slice as has_race,
        coalesce(bool_or({{ is_shown_too_little() }}) over slice, bool_or(is_hidden_race or is_partly_shown) over slice) as hides_a_race,
        bool_or(value_status = 'bounded') over slice as has_range
    from labelled
    window slice as (partition by {{ of_both | join(', ') }})
),

shares as (
    select
        * replace (
            case
                when denominator_share is not null then denominator_share
                when kind in ('composition', 'median') then records / nullif(whole_records, 0)
                else denominator / nullif(whole_denominator, 0)
            end as denominator_share
        ),
        -- records without a column of race have no such share; least() would make 100 % of a missing sum
        case when whole_records > 0 and has_race and not hides_a_race then 100 * least(coalesce(race_records, 0) / whole_records, 1) end
            as known_race_pct,
        -- the unknown, seen from this row: a combined label is known to itself and unknown only to the groups that it can contain
        -- the total of an aggregate may come by another dimension, and be a rounding less
        greatest(
            whole_records - known_records - case when race_kind = 'combined_legacy' then records else 0 end - ruled_out_records, 0
        ) as unknown_records,
        least(
            greatest(
                whole_numerator - known_numerator - case when race_kind = 'combined_legacy' then numerator else 0 end
                - ruled_out_numerator, 0
            ), unknown_records
        ) as unknown_numerator,
        -- everyone else of known race: of a partly published table those who are shown, and no one where a group is given as a range
        race_kind not in ('total', 'missing') and (not hides_a_race or (is_partly_shown and not has_range)) as has_rest,
        case when has_rest then known_numerator - case when is_known_race then numerator else 0 end end as rest_numerator,
        case when has_rest then known_denominator - case when is_known_race then denominator else 0 end end as rest_denominator,
        {{ can_be_computed() }} as is_computable,
        -- records of which no one has a known race say nothing of any group: not that it has none
        value_status in ('computed', 'no_denominator', 'incomplete_inside')
        and race_kind not in ('total', 'missing') and coalesce(known_race_pct = 0, false) as is_of_no_known_race
    from whole
),

final as (
    select
        * exclude (is_of_no_known_race) replace (
            {%- for figure in ['numerator', 'denominator', 'value'] %}
            case when not is_of_no_known_race then {{ figure }} end as {{ figure }},
            {%- endfor %}
            is_computable and not is_of_no_known_race as is_computable,
            {{ status_without_denominator('value_status', 'not_collected') }},
            {{ status_without_denominator('status_reason', 'no_known_race') }}
        )
    from shares
)

select * from final
