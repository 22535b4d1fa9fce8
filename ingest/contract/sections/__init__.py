"""The sections of a contract, each a strict and frozen model."""
