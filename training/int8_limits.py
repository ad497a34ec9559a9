"""Acceptance limits of an int8 export, checked when a model is exported and when it is released."""

# Sound exports agree with the float model on 98.5 % of photos or more; a collapsed calibration on 50 to 81 %.
MIN_TOP1_AGREEMENT = 0.98
# Three points in a thousand.
MAX_MACRO_F1_LOSS = 0.003
