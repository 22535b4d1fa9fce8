"""Sampleton, what the city does and pays: service requests and payments."""
