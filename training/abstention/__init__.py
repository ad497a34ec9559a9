"""When the model should say less than a species' name: the scores, their thresholds, and which is best."""

from training.abstention.choice import ACCEPTANCE, choose_abstention
from training.abstention.known import Known, Outputs

__all__ = ["ACCEPTANCE", "Known", "Outputs", "choose_abstention"]
