"""The cost of the review pages over a long log: each against one query, and against a tenth of the log."""
