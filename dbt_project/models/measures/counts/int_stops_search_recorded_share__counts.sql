-- one row per period, place, reason and perceived race: stopped persons with an answer to the search question, of all
{{ stops_share('stops_search_recorded_share', 'searched_answered_count', 'stops_count') }}
