"""Django's SQLite backend with a fairer wait for one's turn to write, and a file for its owner alone."""
