"""Keep every published state of the figures of persons, and freeze figures as first reported."""
