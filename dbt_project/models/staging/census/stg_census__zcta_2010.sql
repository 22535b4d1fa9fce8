-- one row per polygon of a ZIP code tabulation area of 2010
{{ boundary_rows('census__zcta_2010', 'zcta', '2010', geoid="typed.zcta_geoid") }}
