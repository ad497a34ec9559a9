"""The numbers of a detector's loss, in Keras and in JAX."""

# Of the focal loss (Lin et al. 2017, arXiv:1708.02002).
FOCUS, PLANT_SHARE = 2.0, 0.25
LABEL_SMOOTHING = 0.05
# Weights of the parts.
BOX, IOU, CLASS = 2.0, 0.5, 1.0
TINY = 1e-6
