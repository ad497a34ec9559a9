"""What both functions import from the layer."""

WORD = "layered "
