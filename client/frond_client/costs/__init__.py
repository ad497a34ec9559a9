"""What a month of photos costs: prices, what was measured, and the bill that the two make."""
