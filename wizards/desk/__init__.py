"""The desk: agents take calls, go through wizards with callers, join customers' sessions and work on cases."""
