"""What a first run of a home does otherwise: begin from a blank home, and refuse a release without facts."""
