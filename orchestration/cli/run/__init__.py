"""Run deliveries: `levelground run`, and `levelground cities` for many homes."""
