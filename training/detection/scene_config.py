"""How scenes are composed."""

from dataclasses import dataclass

# Width over height, as of phones and cameras.
ASPECTS = (4 / 3, 3 / 4, 3 / 2, 1.0, 16 / 9)
# Share of the scenes on a texture; the others are on bare ground.
TEXTURES = 0.25
# Of a scene, at most; most of the scenes have fewer.
DISTRACTORS = 4
# Share of an earlier plant that may be hidden.
HIDDEN = 0.4
# A plant with less of it in sight is marked as difficult.
IN_SIGHT = 0.35
# Plants of one scene differ in size by this factor from its typical plant, at most.
SPREAD = 1.5
# Plants of the typical size that fill a scene: more of them would hide each other.
FILLED = 0.8
# Of 255: a pixel with more opacity is the plant's.
OPAQUE = 127


@dataclass(frozen=True, slots=True)
class SceneConfig:
    """How scenes are composed.

    Attributes
    ----------
    side
        The longer side, pixels.
    plants
        The least and the largest number of plants; where plants are large, fewer fit.
    scales
        The least and the largest longer side of a plant, as a share of the scene's longer side. Photos are
        taken from one plant that fills them to a bed from above, and the plants of one are much alike in
        size.
    """

    side: int = 640
    plants: tuple[int, int] = (1, 14)
    scales: tuple[float, float] = (0.12, 0.95)
