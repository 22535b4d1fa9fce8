-- one row per delivered request
{{ config(
    materialized='incremental', incremental_strategy='append', on_schema_change='fail',
    meta={'incremental_source': 'ucc__service_requests',
          'view_columns': {'followed_until_at': "followed_until('ucc__service_requests', 'service_request_at')"}},
    pre_hook=["{{ delete_superseded_rows('ucc__service_requests') }}",
              "{{ extend_follow_up('ucc__service_requests', 'service_request_at') }}"]
) }}
with
delivered as (
    select *
    from {{ ref('int_service_requests__with_follow_up') }}
    where {{ is_new_load() }}
),

requests as (
    {{ numbered('delivered') }}
),

placed as (
    {{ place_conformed('requests', on_date='requests.occurred_on', address='address') }}
),

final as (
    select
        {{ event_columns('service_request', has_key=false, is_public=true) }},
        occurred_on,
        service_request_at,
        {{ place_columns() }},
        request_type,
        address,
        closed_at,
        closed_at_missing_reason,
        date_diff('second', service_request_at, closed_at) / 86400.0 as days_to_close,
        followed_until_at
    from placed
)

select * from final
