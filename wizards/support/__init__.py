"""What support does for customers: calls, join codes, cases, and what is sent out about cases (`delivery`)."""
