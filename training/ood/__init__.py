"""When the model should say less than a species' name: the scores, their thresholds, and which is best."""

from training.inference import Known, Outputs
from training.ood.thresholds import ACCEPTANCE, choose_abstention

__all__ = ["ACCEPTANCE", "Known", "Outputs", "choose_abstention"]
