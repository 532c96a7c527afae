"""What each review page shows, one module for each page."""
