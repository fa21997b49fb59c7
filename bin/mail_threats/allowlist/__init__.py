"""The allowlist: what an entry says, when it holds for a row, and why it does not. Pure rules, no Splunk, no clock.

The table of cases is docs/allowlist.md.
"""
