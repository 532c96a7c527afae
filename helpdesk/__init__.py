"""The site around the wizards: settings, URLs, error pages, and how it starts."""
