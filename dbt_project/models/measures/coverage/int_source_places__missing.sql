-- one row per source, kind of period and district that has no record in the newest whole period, and had too many before for chance
with
{%- set district_types = [] %}
{%- for each in fact_place_types() if each.geography_type not in ['tract', 'neighborhood'] %}
{%- do district_types.append("'" ~ each.geography_type ~ "'") %}
{%- endfor %}
measured as (
    select
        figures.source,
        figures.period_type,
        figures.period_start,
        figures.geography_type,
        figures.geography_vintage,
        figures.geoid,
        max(greatest(figures.records_count, figures.denominator, figures.numerator)) as records
    from {{ ref('int_equity_measures__unioned') }} as figures
    left join {{ ref('int_periods__coverage') }} as covered
        on {{ same_columns('figures', 'covered', ['source', 'period_type', 'period_start']) }}
    where
        figures.geography_type in ({{ (district_types + ["'school_district'"]) | join(', ') }})
        and figures.geoid <> 'outside'
        and figures.method in ('individual', 'aggregate')
        and figures.piece_tract_geoid is null
        and figures.race_ethnicity_code = 'all'
        and figures.stratum_type = 'all'
        and coalesce(covered.is_complete, true)
    group by all
    having records > 0
),

periods as (
    select distinct
        source,
        period_type,
        geography_type,
        geography_vintage,
        period_start
    from measured
),

-- the newest period, and as many before it on the same map as are needed to know what is usual
numbered as (
    select
        *,
        row_number() over (partition by source, period_type, geography_type, geography_vintage order by period_start desc) as age,
        max(period_start) over (partition by source, period_type, geography_type) as newest_start
    from periods
),

places as (
    select distinct
        source,
        period_type,
        geography_type,
        geography_vintage,
        geoid
    from measured
),

compared as (
    select
        places.source,
        places.period_type,
        places.geography_type,
        places.geography_vintage,
        places.geoid,
        numbered.newest_start as period_start,
        coalesce(sum(measured.records), 0) / count(*) as mean_records,
        count(measured.records) as periods_with_records,
        count(*) as periods_before
    from places
    inner join numbered
        on {{ same_columns('places', 'numbered', ['source', 'period_type', 'geography_type', 'geography_vintage']) }}
    left join measured
        on
            {{ same_columns('places', 'measured', ['source', 'period_type', 'geography_type', 'geography_vintage', 'geoid']) }}
            and numbered.period_start = measured.period_start
    where numbered.age > 1 and numbered.age <= 1 + {{ rule('volume_history_periods') }}
    group by all
),

final as (
    select compared.*
    from compared
    -- a map that is no longer in force has no records of now
    inner join numbered
        on
            {{ same_columns('compared', 'numbered', ['source', 'period_type', 'geography_type', 'geography_vintage', 'period_start']) }}
    left join measured
        on
            {{ same_columns('compared', 'measured', ['source', 'period_type', 'geography_type', 'geography_vintage', 'geoid']) }}
            and compared.period_start = measured.period_start
    where
        measured.source is null
        and compared.periods_with_records = compared.periods_before
        and exp(-compared.mean_records) < {{ rule('empty_period_probability') }}
)

select * from final
