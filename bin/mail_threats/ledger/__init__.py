"""What was delivered. The ledger moves only after its events are flushed to splunkd, and never says what an event
means."""
