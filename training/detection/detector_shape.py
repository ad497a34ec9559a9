"""The numbers that fix a detector's network, in Keras and in JAX."""

# Pixels between two positions of the outputs.
STRIDE = 8
# Of the five convolutions: filters and stride.
FIVE = ((24, 2), (48, 2), (96, 2), (128, 1), (192, 1))
# Positions between the taps of the wide convolution.
CONTEXT_DILATION = 2
# The share of positions with a plant that a new network starts from (Lin et al. 2017).
PRIOR_LOGIT = -4.0
# The output of distances that a new network starts from.
RAW_DISTANCE = 3.0
