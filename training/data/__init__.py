"""Data sets: photo sources, preparation, splits, outliers and training batches."""
