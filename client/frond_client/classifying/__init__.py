"""Photos through the HTTP door, and their results as a table or as lines."""
