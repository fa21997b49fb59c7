"""Modular inputs, run as splunkd runs them: XML on stdin, a stream of events on stdout."""
