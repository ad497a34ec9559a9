"""What was answered in one language, in another."""

from frond.manifest import SpeciesLabel
from frond_classify.i18n import Language, advice, common_name
from frond_classify.schemas.classification import Answer


def translate(answer: Answer, lang: Language, known: list[SpeciesLabel]) -> Answer:
    """Return an answer in another language.

    Parameters
    ----------
    known
        The species of the model that runs; one that only an earlier model knew keeps the name it has.
    """
    species = {each.slug: each for each in known}
    translated = answer.model_copy(deep=True)
    for prediction in [
        *translated.predictions,
        *(one for image in translated.images for one in image.predictions),
    ]:
        if prediction.species in species:
            prediction.common_name = common_name(species[prediction.species], lang)
    for facts in [*translated.images, *([translated.image] if translated.image else [])]:
        for issue in facts.issues:
            issue.advice = advice(issue.issue, lang)
    return translated
