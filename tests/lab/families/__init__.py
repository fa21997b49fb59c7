"""Families of stories: each seed draws another one, and a table says how many the rules find and how often they err."""
