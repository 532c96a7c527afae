"""The map of a draft: its graph, its outline, and the panels that edit edges."""
