"""Apps: installing a package."""
