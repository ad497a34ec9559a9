"""Which positions predict a plant, in NumPy and in JAX."""

# Positions within this many strides of a plant's centre predict it.
CENTRE_RADIUS = 1.5
# The least distance to an edge, in strides: for a plant that lies between the positions.
LEAST_DISTANCE = 0.1
