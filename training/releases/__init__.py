"""A model on its way to those who ask: gates, the registry, its channels."""
