"""Left for tasks that were queued before version 1.1: see `sending`."""
