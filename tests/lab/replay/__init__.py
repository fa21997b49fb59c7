"""Runs the app's detections over somebody's exported events, before they install anything."""
