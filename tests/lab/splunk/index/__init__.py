"""The index: what happens to data on its way in (line breaking, truncation, timestamps) and the store it ends in."""
