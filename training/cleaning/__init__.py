"""Photos of a data set that are likely wrong: mislabelled, without a plant, or black."""
