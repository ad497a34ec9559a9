"""Code that runs in the process of an implementation, with its packages only."""
