"""A student without what made it: texts in, calibrated probabilities out, with neither torch nor transformers."""
