"""A run: its recipe, its stages, and what it leaves behind."""
