"""Training runs: recipes, stages, checkpoints, metrics and history."""
