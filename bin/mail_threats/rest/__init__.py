"""What the app answers over splunkd's management port: one request in, one answer out, in a process that stays."""
