"""Out-of-distribution detection: the scores, their thresholds, and a benchmark of them."""

from training.ood.thresholds import ACCEPTANCE, choose_abstention

__all__ = ["ACCEPTANCE", "choose_abstention"]
