"""A module of the layer, which both functions import."""

WORD = "layered "
