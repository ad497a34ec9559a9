"""Tools for the work on Frond itself."""
