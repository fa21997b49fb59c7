"""Scoring of address enumeration: pure rules, rows in and bursts out; no Splunk, no network, no clock."""
