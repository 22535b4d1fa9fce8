-- one row per polygon of a police district
{{ boundary_rows('city__police_districts', 'police_district', '2009', geoid="typed.police_district") }}
