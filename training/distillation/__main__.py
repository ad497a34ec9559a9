"""Train teachers and students on the accelerator: ``python -m training.distillation KIT OUT``."""

import argparse
from pathlib import Path

from training.distillation.distill import Distillation, Network
from training.distillation.kit import PLAN_NAME, WEIGHTS_NAME, read_photos
from training.distillation.plan import KEPT_BLOCKS, Plan, StudentPlan, TeacherPlan


def main() -> None:
    """Run the plan of the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.distillation", description=__doc__)
    parser.add_argument("kit", type=Path, help="folder that `training gpu-kit pack` wrote")
    parser.add_argument("out", type=Path, help="folder of the networks; what is finished there is kept")
    parser.add_argument("--teacher-epochs", type=int, default=24)
    parser.add_argument(
        "--held-out-epochs", type=int, default=40, help="of the students that never see validation photos"
    )
    parser.add_argument("--epochs", type=int, default=40, help="of the students that see all photos")
    parser.add_argument(
        "--blocks",
        type=int,
        nargs="+",
        choices=KEPT_BLOCKS,
        default=[8, 4, 2],
        help="middle blocks of each student",
    )
    chosen = parser.parse_args()
    blocks = tuple(chosen.blocks)
    students = (StudentPlan("held_out", ("train",), blocks, chosen.student_epochs),)
    plan = Plan(TeacherPlan(epochs=chosen.teacher_epochs), students)
    chosen.out.mkdir(parents=True, exist_ok=True)
    plan.save(chosen.out / PLAN_NAME)
    imagenet = Network.load(chosen.kit / WEIGHTS_NAME)
    run = Distillation(plan, read_photos(chosen.kit), imagenet, chosen.out)
    run.train_teachers()
    run.train_students()


if __name__ == "__main__":
    main()
