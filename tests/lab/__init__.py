"""The lab: a simulated Microsoft 365 tenant and a Splunk stand-in. It never imports the app."""
