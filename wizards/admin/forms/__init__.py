"""Forms of the editing pages: fields, inlines, widgets, and saves that notice one another."""
