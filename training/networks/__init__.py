"""What learns: backbones, heads, the embedding, and the changes that training makes to pictures."""
