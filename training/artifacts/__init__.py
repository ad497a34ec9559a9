"""The JSON files of a model's report: their names and their schemas."""
