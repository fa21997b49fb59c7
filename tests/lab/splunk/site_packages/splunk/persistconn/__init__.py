"""What persistent REST handlers of apps are built on."""
