"""Door A: HTTP. Callers get whole, successful answers; tokens, retries and throttling are settled on this side.

Only this package knows the HTTP library.
"""
