"""The values that the sample city plants (`truth.json`): each measure that a build must compute from the sample's rows."""

from ingest.sample.truth.planted import planted_case_mix, planted_excess, planted_gaps, planted_values
from ingest.sample.truth.published import PlantedValue
