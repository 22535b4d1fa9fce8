"""Engagement in the sample: events, participants, inputs, and the answers to them.

These are the deliveries of the office's platform and its log. `plan` holds planted and fixed values; the other modules write.
"""
