"""Networks: backbones, heads, the embedding, augmentation and batch normalization."""
