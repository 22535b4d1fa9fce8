-- one row per polygon of an aldermanic district of the 2022 map
{{ boundary_rows('city__aldermanic_districts_2022', 'aldermanic_district', '2022', geoid="typed.aldermanic_district") }}
