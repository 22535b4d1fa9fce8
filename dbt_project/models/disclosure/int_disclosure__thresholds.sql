-- one row per measure and version: whether its figures may be published and are of persons, how small a count is shown, what it counts
with
measures as (
    select * from {{ ref('dim_measure') }}
),

-- as many columns as parts
named as (
    select
        measure_id,
        max(records) filter (where part = 'numerator') as numerator_records,
        max(records) filter (where part = 'denominator') as denominator_records,
        max(records) filter (where part = 'records') as rests_on_records
    from {{ ref('publication_records') }}
    group by measure_id
),

city as (
    select rules.value as suppress_below
    from {{ publication_rules_in_force() }} as rules
    where rules.rule = 'suppress_below' and rules.source is null
),

-- sources with an ADR for a smaller one
exceptions as (
    select
        rules.source,
        rules.value as suppress_below
    from {{ publication_rules_in_force() }} as rules
    where rules.rule = 'suppress_below' and rules.source is not null
),

protected as (
    select
        measures.measure_id,
        measures.measure_version,
        measures.kind,
        cast(coalesce(measures.minimum_n, 0) as double) as minimum_n,
        measures.statistical_unit in ('person', 'household')
        or coalesce(sources.statistical_unit in ('person', 'household'), false)
        or coalesce(sources.classification = 'confidential', false)
        -- estimates and amounts are no counts, to which suppress_below could apply
        or coalesce(
            sources.statistical_unit = 'aggregate'
            and sources.protect = 'always'
            and measures.kind in ('proportion', 'composition', 'rate', 'count'),
            false
        ) as is_of_persons,
        greatest(coalesce(sources.suppress_below, 0), coalesce(exceptions.suppress_below, city.suppress_below)) as threshold,
        coalesce(sources.zeros = 'hide', false) as hides_zeros,
        -- of public deaths no count is small, so that nothing is hidden and nothing has to be frozen (ADR 57)
        is_of_persons and (threshold > 1 or hides_zeros) as is_confidential,
        coalesce(sources.republish, 'allowed') = 'allowed' as may_be_published,
        coalesce(named.numerator_records, concat(measures.measure_id, '.numerator')) as numerator_records,
        coalesce(named.denominator_records, concat(measures.measure_id, '.denominator')) as denominator_records,
        named.denominator_records is not null as is_denominator_named,
        -- residents are public; what else an agreement's records are divided by is delivered with them
        measures.kind = 'rate' and measures.population_scheme is null as is_denominator_delivered,
        coalesce(named.rests_on_records, concat(measures.measure_id, '.records')) as rests_on_records,
        -- two definitions side by side count different records; one that replaced another is taken to count the same ones
        case
            when measures.measure_version > min(measures.measure_version) over (partition by measures.measure_id)
                then concat('@', measures.measure_version)
            else ''
        end as version_suffix
    from measures
    cross join city
    left join {{ ref('dim_source') }} as sources on measures.source = sources.source
    left join exceptions on measures.source = exceptions.source
    left join named on measures.measure_id = named.measure_id
),

final as (
    select
        measure_id,
        measure_version,
        is_confidential,
        cast(case when is_confidential then threshold else 0 end as integer) as threshold,
        hides_zeros,
        may_be_published,
        kind,
        minimum_n,
        concat(numerator_records, version_suffix) as numerator_records,
        -- residents are public, and addresses where the records are; of a composition both parts are the same records
        case
            when kind = 'composition' then concat(numerator_records, version_suffix)
            when kind = 'proportion' or is_denominator_named or (is_confidential and is_denominator_delivered)
                then concat(denominator_records, version_suffix)
        end as denominator_records,
        case when kind = 'median' then concat(rests_on_records, version_suffix) end as rests_on_records
    from protected
)

select * from final
