"""The pages, one file for each audience. A view joins the rooms and does nothing itself."""
