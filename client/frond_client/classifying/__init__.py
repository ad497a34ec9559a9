"""Batches of photos through the HTTP API, and their results as a table, JSON lines or CSV."""
