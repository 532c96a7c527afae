"""Support for customers: calls, join codes, cases, and the messages sent about cases (`delivery`)."""
