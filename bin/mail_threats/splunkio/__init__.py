"""The side towards Splunk: the modular input protocol, settings and secrets, logs, health events."""
