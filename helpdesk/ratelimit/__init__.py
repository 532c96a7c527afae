"""Rate limits for the public, shared by all processes."""
