"""The page of a run: what is in the photos, which ones need a look, and what the run took."""
