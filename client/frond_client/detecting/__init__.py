"""Detection of the plants in many photos, and their results as a table, JSON lines or CSV."""
