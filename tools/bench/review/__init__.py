"""What the review pages cost over a long log: each against one query, and over ten times the log."""
