"""The login service: OAuth 2.0 client credentials at the v2 and the v1 token endpoint."""
