"""The management port of the stand-in: the REST endpoints that an app's inputs, commands and handlers use.

Everything else is answered 404 and remembered, never 200: an app that calls something new must show up.
"""
