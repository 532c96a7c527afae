"""What the review pages cost: see docs/bench.md. `make bench` runs it."""
