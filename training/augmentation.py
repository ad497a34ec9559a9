"""What training does to a picture so that the network learns the plant and not the photo.

Seedlings are photographed from above, so every turn and mirror image is as likely as the original.
Layers run where the network runs, on the accelerator, and only while training.
"""

import keras

PIXELS = (0, 255)


def augmentation(seed: int) -> keras.Sequential:
    """Return layers from ``float32[N, S, S, 3]`` in 0..255 to the same, changed at random."""
    return keras.Sequential(
        [
            keras.layers.RandomFlip("horizontal_and_vertical", seed=seed, dtype="float32"),
            keras.layers.RandomRotation(0.5, fill_mode="reflect", seed=seed + 1, dtype="float32"),
            keras.layers.RandomZoom((-0.2, 0.1), fill_mode="reflect", seed=seed + 2, dtype="float32"),
            keras.layers.RandomBrightness(0.15, value_range=PIXELS, seed=seed + 3, dtype="float32"),
            keras.layers.RandomContrast(0.15, value_range=PIXELS, seed=seed + 4, dtype="float32"),
        ],
        name="augmentation",
    )
