"""What an answer costs: gunicorn, a real database, eight connections; paired with smaller and with other apps."""
