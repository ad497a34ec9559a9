"""The model that serves, and its updates from the registry."""
