-- one row per period, place, reason and perceived race: stopped persons who were searched, of those with an answer to that question
{{ stops_share('stops_searched_share', 'searched_count', 'searched_answered_count') }}
