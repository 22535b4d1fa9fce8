"""Texts, figures and sentences in the language of a page."""
