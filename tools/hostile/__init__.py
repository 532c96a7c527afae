"""The site under attack: every view fuzzed, every file mutated, scripts and secrets typed into every field."""
