"""The pages of the customer: find a symptom, walk through a session, reach support."""
