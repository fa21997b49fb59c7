"""The Office 365 Management Activity API v1.0: subscriptions, content listings, blobs."""
