"""Personal data: how long it is kept (`retention`), and what one person may ask for (`subject_access`)."""
