-- one row per period, place, reason and perceived race: stops in which the vehicle was searched, of those with an answer
{{ stops_share('stops_vehicle_searched_share', 'vehicle_searched_count', 'vehicle_searched_answered_count') }}
