"""From folders of photos to a data set, and from there to batches."""
