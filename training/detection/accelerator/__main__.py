"""Train detectors on the accelerator: ``python -m training.detection.accelerator KIT OUT``."""

import argparse
import os
from pathlib import Path

from training.detection.accelerator.scene_kit import WEIGHTS_NAME, read_kit
from training.detection.accelerator.train import DetectorPlan, train
from training.distillation.distill import Network


def main() -> None:
    """Train the detectors of the command line."""
    parser = argparse.ArgumentParser(prog="python -m training.detection.accelerator", description=__doc__)
    parser.add_argument("kit", type=Path, help="folder that `training detect kit` wrote")
    parser.add_argument("out", type=Path, help="folder of the networks; what is finished there is kept")
    parser.add_argument("--seconds", type=float, default=480, help="about how long the detector learns")
    parser.add_argument(
        "--five-seconds",
        type=float,
        default=0,
        help="the same for the network of five convolutions; 0 leaves it out",
    )
    parser.add_argument("--batch", type=int, default=64, help="scenes a step")
    chosen = parser.parse_args()
    kit = read_kit(chosen.kit, os.cpu_count() or 1)
    stem = Network.load(chosen.kit / WEIGHTS_NAME)
    train(DetectorPlan("xception", chosen.seconds, chosen.batch), kit, stem, chosen.out)
    if chosen.five_seconds:
        five = DetectorPlan("five_convolutions", chosen.five_seconds, chosen.batch)
        train(five, kit, None, chosen.out)


if __name__ == "__main__":
    main()
