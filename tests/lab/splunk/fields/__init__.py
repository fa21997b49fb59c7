"""Search-time fields: what an event shows in an app, in the order in which Splunk makes them."""
