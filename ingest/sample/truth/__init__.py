"""The values that the sample city plants (`truth.json`): each measure that a build must compute from the sample's rows."""

from ingest.sample.truth.planted import planted_truth, planted_values
