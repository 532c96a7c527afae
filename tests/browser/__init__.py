"""The customer's pages in a real Chromium, with and without JavaScript."""
