"""`bench collect`: the built audit input against what a user would take instead, and against the floor."""
