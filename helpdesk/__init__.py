"""The site around the wizards: its settings, addresses, error pages, and how it starts."""
