"""Configuration files: reading, writing, layering, sharing between apps, and the stanza patterns of props.conf."""
