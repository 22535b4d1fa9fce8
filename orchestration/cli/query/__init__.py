"""Provide `levelground query`, whose SQL runs in a process of its own."""
