-- one row per 2010 tract and concept line: the people whom the line estimates, with their margin of error
{{ census_estimates('census__acs_race_tract', geoid='tract_geoid', lines='b03002_\\d{3}', concepts='acs_b03002') }}

select * from conformed
