"""Classify photos of plants: the HTTP API and the queue worker."""
