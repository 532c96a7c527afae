"""Django's SQLite backend with a fair wait for the write lock, and a file that only its owner may read."""
