"""Train a detector: scenes, annotations, network, export and evaluation."""
