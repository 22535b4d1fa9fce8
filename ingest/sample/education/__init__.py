"""Sampleton, schools: who is enrolled, who is absent, who finishes."""
