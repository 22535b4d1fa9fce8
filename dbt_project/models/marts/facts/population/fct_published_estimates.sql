-- one row per figure that another publisher computed: measure, place, period, group and stratum, of the newest release
{%- set of_group = [
    'source', 'published_measure', 'geography_type', 'race_ethnicity_code', 'stratum_type', 'stratum_code',
] %}
with
valued as (
    select * from {{ ref('int_published_estimates__valued') }}
),

-- The newest earlier figure of the place whose period does not overlap.
followed as (
    select
        later.published_estimate_key,
        later.period_end,
        {%- for column in of_group %}
        later.{{ column }},
        {%- endfor %}
        later.own_value / former.own_value as kept_share
    from valued as later
    inner join valued as former
        on
            {{ same_columns('later', 'former', of_group + ['geoid']) }}
            and later.period_start > former.period_end
    where later.statistic = 'rate' and former.own_value > 0 and later.own_value is not null
    qualify row_number() over (partition by later.published_estimate_key order by former.period_end desc) = 1
),

places as (
    select
        {{ of_group | join(', ') }},
        period_end,
        median(kept_share) as usual_share
    from followed
    group by all
    having count(*) >= {{ rule('reporting_change_places') }}
),

-- A rate that falls to a tenth where those of other places do not: agencies report otherwise, and no outcome changed (URB-04).
changed as (
    select followed.published_estimate_key
    from followed
    inner join places
        on {{ same_columns('followed', 'places', of_group + ['period_end']) }}
    where
        followed.kept_share <= {{ rule('reporting_change_ratio') }}
        and places.usual_share >= {{ rule('reporting_change_places_ratio') }}
),

final as (
    select
        valued.published_estimate_key,
        valued.source,
        valued.geoid as jurisdiction,
        valued._load_id,
        valued._source_file,
        valued._source_row,
        valued.published_measure,
        valued.release,
        valued.geography_type,
        valued.geography_vintage,
        valued.geoid,
        valued.period_start,
        valued.period_end,
        valued.race_standard,
        valued.race_ethnicity_reported,
        valued.race_ethnicity_code,
        case
            when valued.stratum_type = 'place_majority' then 'majority_of_place'
            else coalesce(kinds.group_kind, 'people')
        end as group_kind,
        valued.stratum_type,
        valued.stratum_code,
        valued.statistic,
        valued.own_value as value,
        valued.unit,
        valued.own_low as bound_low,
        valued.own_high as bound_high,
        case when valued.own_low is null then 'none' else valued.bound_kind end as bound_kind,
        valued.publisher_quality,
        valued.numerator,
        valued.denominator,
        valued.missing_reason as value_missing_reason,
        valued.reported_value,
        changed.published_estimate_key is not null as is_reporting_change
    from valued
    left join {{ ref('published_group_kinds') }} as kinds
        on
            valued.source = kinds.source
            and valued.published_measure = kinds.published_measure
            and valued.race_ethnicity_code = kinds.race_ethnicity_code
    left join changed on valued.published_estimate_key = changed.published_estimate_key
)

select * from final
