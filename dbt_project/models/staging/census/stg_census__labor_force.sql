-- one row per place and concept line: the labor force that the line estimates, with its margin of error
{{ census_estimates('census__labor_force', geoid='place_geoid', lines='clf_\\d{3}', concepts='acs_labor_force') }}

select * from conformed
