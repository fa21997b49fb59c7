"""What the input is measured against in `bench collect`: scripts that run in an environment of their own.

Each takes its settings as JSON in its only argument and writes to stdout what it collects. None of them writes XML,
knows an event again or keeps a checkpoint.
"""
