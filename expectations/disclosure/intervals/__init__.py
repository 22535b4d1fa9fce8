"""Compute how closely a system of equations encloses each of its figures, by bounds and linear programs."""
