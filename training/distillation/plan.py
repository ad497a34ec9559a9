"""The plan of a distillation: which networks train on which photos, and for how long."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from training.distillation.functional_xception import MIDDLE_BLOCKS, Mode
from training.distillation.image_sampling import ViewRange
from training.distillation.training_step import Hyperparameters

# The middle blocks of smaller networks: the first ones and the last ones.
KEPT_BLOCKS = {8: MIDDLE_BLOCKS, 4: (5, 6, 7, 12), 2: (5, 12)}
# A student's target is a teacher's output for the very view, so both see faded colours.
VIEWS = ViewRange(faded=0.3)
WIDER_VIEWS = replace(VIEWS, zoom_in=0.4)
MODE = Mode(train=True, dropout=0.3, drop_path=0.1)
HYPERPARAMETERS = Hyperparameters(weight_decay=1e-3, clipnorm=1.0, ema_momentum=0.995)


@dataclass(frozen=True)
class TeacherPlan:
    """k networks, each trained without one of k folds of the training split."""

    folds: int = 5
    epochs: int = 24
    learning_rate: float = 5e-4
    label_smoothing: float = 0.1
    mixup: float = 0.2
    views: ViewRange = VIEWS


@dataclass(frozen=True)
class StudentPlan:
    """Networks that learn together from the teachers.

    Attributes
    ----------
    splits
        Splits whose photos they learn from.
    middle_blocks
        Numbers of middle blocks, one for each student.
    unseen_teacher
        Share of the steps whose teacher was trained without the step's photos.
    label_weight
        Share of the photos' labels in the target; the rest is the teacher's output.
    mixed
        Share of the pictures that are blended with another one (Beyer et al. 2022, arXiv:2106.05237).
    textures, bare_ground
        Outlier images of each batch, with a uniform target.
    """

    name: str
    splits: tuple[str, ...]
    middle_blocks: tuple[int, ...]
    epochs: int
    learning_rate: float = 5e-4
    unseen_teacher: float = 0.5
    label_weight: float = 0.3
    mixed: float = 0.4
    textures: int = 3
    bare_ground: int = 5
    views: ViewRange = WIDER_VIEWS


@dataclass(frozen=True)
class Plan:
    """Teachers first, then students in order."""

    teachers: TeacherPlan
    students: tuple[StudentPlan, ...]
    size: int = 224
    batch: int = 64
    mode: Mode = MODE
    hyperparameters: Hyperparameters = HYPERPARAMETERS
    class_weight_power: float = 0.5
    warmup_epochs: float = 1.0
    seed: int = 1

    def save(self, path: Path) -> None:
        """Write the plan as JSON, for the record of the networks."""
        values = asdict(self) | {"kept_blocks": KEPT_BLOCKS}
        path.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
