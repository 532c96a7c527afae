"""Personal data: retention periods (`retention`), and requests of one person (`subject_access`)."""
