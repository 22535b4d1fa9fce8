"""Sampleton, police and court: calls, stops, incidents, cases."""
