"""The modular inputs: their parameters, and how their parts are put together.

Modules here import only the standard library at the top, so that `--scheme` works whatever else is installed.
"""
