"""The model that a stage trains: the network behind resizing and augmentation, with loss and optimizer."""

from typing import Any

import keras

from training.fitting.keras_metrics import Accuracy, MacroF1
from training.fitting.recipe import Stage
from training.fitting.run import RunSettings
from training.networks.augmentation import augmentation, fading
from training.networks.consistency import consistent_learner
from training.networks.network import build

# Adam's momenta by its paper (arXiv:1412.6980), for the batch that recipes are for.
BETA_1, BETA_2 = 0.9, 0.999


def build_network(settings: RunSettings, stage: Stage) -> keras.Model:
    """Build the network of a stage, with random weights."""
    recipe = settings.recipe
    return build(
        settings.classes,
        stage.size or settings.size,
        recipe.dropout,
        recipe.seed,
        recipe.backbone,
        recipe.middle_blocks,
    )


def build_learner(settings: RunSettings, stage: Stage, network: keras.Model) -> keras.Model:
    """Put a network behind resizing and augmentation, from pictures ``[N, S, S, 3]`` in 0..255 to logits."""
    seed, strength = settings.recipe.seed, stage.augmentation
    pictures = keras.Input((settings.size, settings.size, 3), dtype="float32", name="pictures")
    resized = _resized(pictures, network.input_shape[1])
    if not stage.consistency:
        return keras.Model(pictures, network(augmentation(seed, strength)(resized)), name="learner")
    views = augmentation(seed, strength.model_copy(update={"faded": 0}))(resized)
    faded = fading(seed, strength.faded)(views)
    teacher = build_network(settings, stage)
    teacher.set_weights(network.get_weights())
    return consistent_learner(pictures, views, faded, network, teacher)


def compile_learner(
    learner: keras.Model,
    settings: RunSettings,
    stage: Stage,
    adamw: type[keras.optimizers.AdamW],
    steps: int,
) -> None:
    """Give a learner the loss, the optimizer and the metrics of its stage.

    Parameters
    ----------
    adamw
        The optimizer of the backend.
    steps
        Steps an epoch.
    """
    loss = None  # a learner of consistency has one of its own
    if not stage.consistency:
        smoothing = settings.recipe.label_smoothing
        loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=smoothing)
    learner.compile(
        optimizer=_optimizer(adamw, settings, stage, steps),
        loss=loss,
        metrics=[Accuracy(name="accuracy"), MacroF1()],
    )


def _resized(pictures: Any, size: int) -> Any:
    if pictures.shape[1] == size:
        return pictures
    resize = keras.layers.Resizing(size, size, antialias=True, dtype="float32", name="resizing")
    return resize(pictures)


def _optimizer(
    adamw: type[keras.optimizers.AdamW], settings: RunSettings, stage: Stage, steps: int
) -> keras.optimizers.AdamW:
    scale, recipe = settings.batch_scale, settings.recipe
    return adamw(
        _schedule(stage, scale.learning_rate(stage.learning_rate), steps),
        beta_1=scale.momentum(BETA_1),
        beta_2=scale.momentum(BETA_2),
        weight_decay=scale.weight_decay(recipe.weight_decay),
        global_clipnorm=recipe.clipnorm,
        # Keras replaces the weights with their average whenever `fit` ends: here, after each epoch.
        use_ema=stage.ema_momentum is not None,
        ema_momentum=scale.momentum(stage.ema_momentum or 0.99),
    )


def _schedule(stage: Stage, peak: float, steps: int) -> Any:
    if stage.schedule == "constant":
        return peak
    total = steps * stage.epochs
    warmup = min(steps, total // 10)
    return keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=peak / 20,
        decay_steps=total - warmup,
        alpha=0.01,
        warmup_target=peak,
        warmup_steps=warmup,
    )
