"""The files of a run and of a model's report."""
