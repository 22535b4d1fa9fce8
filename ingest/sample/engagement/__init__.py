"""The sample's engagement: events, who came, what people said, and what became of it.

Here: what the office's platform and its log deliver. `plan` holds what is planted and what is set; the other modules write.
"""
