"""Detection scenarios: small files of events, each with what a rule must make of them, and how they are run."""
