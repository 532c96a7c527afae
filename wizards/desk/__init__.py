"""The desk: agents take calls, go through wizards with callers, and join customers who ask for a person."""
