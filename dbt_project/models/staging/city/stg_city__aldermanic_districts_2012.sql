-- one row per polygon of an aldermanic district of the 2012 map
{{ boundary_rows('city__aldermanic_districts_2012', 'aldermanic_district', '2012', geoid="typed.aldermanic_district") }}
