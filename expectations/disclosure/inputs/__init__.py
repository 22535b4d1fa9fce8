"""Read what the audit knows: published figures and earlier states of them, public knowledge, and the true figures."""
