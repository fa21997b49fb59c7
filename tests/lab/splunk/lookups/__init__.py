"""Lookups: definitions in transforms.conf, CSV files and KV store collections behind them, and matching."""
