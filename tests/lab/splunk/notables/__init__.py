"""What Enterprise Security makes of a triggered rule: notable events and risk events."""
