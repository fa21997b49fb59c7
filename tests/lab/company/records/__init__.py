"""Records in the shape Microsoft 365, Entra and Windows write them, one module a source.

Every builder takes the Random it draws from, so the same seed gives the same bytes. Nothing here knows the company, the
tenant that serves the records or the app that reads them.
"""
