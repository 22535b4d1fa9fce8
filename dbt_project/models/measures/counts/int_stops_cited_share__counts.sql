-- one row per period, place, reason and perceived race: stopped persons who were cited, of those with an answer to that question
{{ stops_share('stops_cited_share', 'cited_count', 'cited_answered_count') }}
