"""Questions to the database that the review pages ask; each module answers one page."""
