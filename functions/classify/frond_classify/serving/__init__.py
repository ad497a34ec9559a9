"""The active model, and its updates from the registry."""
