"""The language of story and scenario files: placeholders, spans of time, and events built from them."""
