"""Photos in a form: `multipart/form-data` (RFC 7578), as browsers, command lines and libraries send it."""

import io
import re

from multipart import MultipartError, MultipartParser, MultipartPart

from frond.problems import EmptyBody, InvalidRequest, TooManyPhotos

FORM_TYPE = "multipart/form-data"
FORM_FIELD = "image"
MAX_PHOTOS = 5
# A form may have other fields.
MAX_PARTS = 64

# The parameters of a header, separated by semicolons outside of quotes.
_PARAMETERS = re.compile(r'(?:[^;"]|"(?:[^"\\]|\\.)*"?)+')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)+)"')
# RFC 2046 has quotes around a boundary with `/`, `=` or `:`. Clients leave them out, and without a semicolon,
# a space or a quote the boundary is clear all the same.
_UNQUOTED = re.compile(r'[^\s;"]+')
_ASCII = re.compile(r"[ -~]*[!-~]")


def parse_form(body: bytes, content_type: str) -> list[bytes]:
    """Return the files of the photos in a form, at least one.

    A file input without a file is ignored.

    Parameters
    ----------
    body
        The form.
    content_type
        The header, with the boundary.

    Raises
    ------
    frond.problems.EmptyBody
        The form has no photo.
    frond.problems.InvalidRequest
        The form or its boundary is invalid.
    frond.problems.TooManyPhotos
        The form has more than five photos.
    """
    parts = [part for part in _parse_parts(body, parse_boundary(content_type)) if part.name == FORM_FIELD]
    if not parts:
        raise EmptyBody(f"The form has no part named '{FORM_FIELD}'.")
    photos = [part.raw for part in parts if part.size or part.filename]
    if not photos:
        raise EmptyBody(f"The part '{FORM_FIELD}' of the form is empty; choose a file.")
    if len(photos) > MAX_PHOTOS:
        raise TooManyPhotos
    return photos


def parse_boundary(content_type: str) -> str:
    """Return the boundary in the content type of a form.

    Raises
    ------
    frond.problems.InvalidRequest
        There is none, there are two, or it is unclear where it ends.
    """
    parameters = [each.partition("=") for each in _PARAMETERS.findall(content_type)[1:]]
    found = {value.strip() for name, _, value in parameters if name.strip().lower() == "boundary"}
    text = found.pop() if len(found) == 1 else ""
    quoted = _QUOTED.fullmatch(text)
    boundary = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else text
    if not (quoted or _UNQUOTED.fullmatch(text)) or not _ASCII.fullmatch(boundary):
        raise InvalidRequest(
            "The content type of a form needs one boundary, "
            "in double quotes if it has a space or a semicolon."
        )
    return boundary


def _parse_parts(body: bytes, boundary: str) -> list[MultipartPart]:
    try:
        parser = MultipartParser(
            io.BytesIO(body),
            boundary,
            # Any byte is a character of Latin-1: file names in another encoding than UTF-8 are no error.
            charset="latin-1",
            part_limit=MAX_PARTS,
            # In one piece: the parser refuses one that holds only what follows the last boundary.
            buffer_size=len(body) + 1,
            memory_limit=len(body),
            spool_limit=len(body),
            strict=True,
        )
        return list(parser)
    except MultipartError as error:
        # Further arguments are exceptions of Python.
        raise InvalidRequest(f"The form is invalid: {error.args[0]}.") from error
    except ValueError as error:
        raise InvalidRequest("The form is invalid: a header of a part cannot be read.") from error
