"""Releases: gates, the registry, and its channels."""
