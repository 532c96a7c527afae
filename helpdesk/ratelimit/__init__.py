"""How often the public may do what costs others something, counted for all processes together."""
