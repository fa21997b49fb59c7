"""The search scheduler over a simulated clock: what is due, what triggers, what is suppressed, which actions follow."""
