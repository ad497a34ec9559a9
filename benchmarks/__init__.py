"""What Frond costs in time, measured side by side in one run: ``make bench``."""
