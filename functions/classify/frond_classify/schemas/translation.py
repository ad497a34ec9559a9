"""Translation of responses that were computed in another language."""

from frond.manifest import SpeciesLabel
from frond_classify.i18n import Language, advice, common_name
from frond_classify.schemas.classification import ClassificationResponse


def translate(
    response: ClassificationResponse, lang: Language, known: list[SpeciesLabel]
) -> ClassificationResponse:
    """Return a response in another language.

    Parameters
    ----------
    known
        The species of the active model. A species that only an earlier model knew keeps its name.
    """
    species = {each.slug: each for each in known}
    translated = response.model_copy(deep=True)
    for prediction in [
        *translated.predictions,
        *(prediction for image in translated.images for prediction in image.predictions),
    ]:
        if prediction.species in species:
            prediction.common_name = common_name(species[prediction.species], lang)
    for image in [*translated.images, *([translated.image] if translated.image else [])]:
        for issue in image.issues:
            issue.advice = advice(issue.issue, lang)
    return translated
