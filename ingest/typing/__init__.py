"""Typed values of delivered text: SQL expressions that gates, promotion and staging share."""
