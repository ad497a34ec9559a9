"""Forms as browsers, command lines and libraries send them."""

import random

import pytest

from frond.problems import EmptyBody, InvalidRequest, TooManyPhotos
from frond_classify.http.form_data import parse_boundary, parse_form
from tests.conftest import ROOT
from tests.unit.classify.conftest import Call, form

FAULTS = ROOT.parent / "shared" / "data" / "faults"
TYPE = "multipart/form-data; boundary=XX"
# An exception, a tuple, bytes or an object of Python.
PYTHON_REPR = ("Error(", "Exception", "('", "b'", 'b"', "<", "0x", "None", "\\x")


def part(disposition: bytes, content: bytes = b"photo", boundary: bytes = b"XX") -> bytes:
    head = b"--" + boundary + b"\r\nContent-Disposition: " + disposition + b"\r\n"
    return head + b"Content-Type: application/octet-stream\r\n\r\n" + content + b"\r\n"


def image(name: bytes, content: bytes = b"photo") -> bytes:
    return part(b'form-data; name="image"; filename="' + name + b'"', content)


@pytest.mark.parametrize(
    "name",
    [
        "Maïs.jpg".encode("latin-1"),
        "Maïs.jpg".encode(),
        "€.jpg".encode("cp1252"),
        "ソ表.jpg".encode("shift-jis"),
        "玉米.jpg".encode("gbk"),
        "кукуруза.jpg".encode("koi8-r"),
        "ソ".encode("shift-jis"),
        b"\x80\x81\xfe\xff",
        b"C:\\photos\\a.jpg",
        b"a;b=c.jpg",
    ],
    ids=repr,
)
def test_a_file_name_in_any_encoding_is_accepted(name: bytes) -> None:
    assert parse_form(image(name) + b"--XX--\r\n", TYPE) == [b"photo"]


def test_another_field_in_any_encoding_is_accepted() -> None:
    body = part("form-data; name=número".encode("latin-1"), b"7") + image(b"a.jpg") + b"--XX--"
    assert parse_form(body, TYPE) == [b"photo"]


@pytest.mark.parametrize("empty", [b'form-data; name="image"; filename=""', b'form-data; name="image"'])
def test_a_file_input_without_a_file_is_ignored(empty: bytes) -> None:
    nothing = part(empty, b"")
    assert parse_form(image(b"a.jpg") + nothing + b"--XX--\r\n", TYPE) == [b"photo"]
    assert parse_form(nothing + image(b"a.jpg") + nothing + b"--XX--\r\n", TYPE) == [b"photo"]
    assert len(parse_form(nothing * 5 + image(b"a.jpg") * 5 + b"--XX--\r\n", TYPE)) == 5
    with pytest.raises(EmptyBody, match="choose a file"):
        parse_form(nothing + b"--XX--\r\n", TYPE)


def test_an_empty_file_is_not_ignored() -> None:
    assert parse_form(image(b"a.jpg") + image(b"b.jpg", b"") + b"--XX--\r\n", TYPE) == [b"photo", b""]


@pytest.mark.parametrize("end", [b"", b"\r\n", b"\r\n\r\n", b"\r\nan epilogue"], ids=len)
def test_a_form_of_any_size_is_accepted(end: bytes) -> None:
    """The parser reads pieces of 64 KB: none of them may hold only the end of the form."""
    overhead = len(image(b"a.jpg", b"")) + len(b"--XX--")
    for size in range(65536 - overhead - len(end) - 2, 65536 - overhead + 3):
        photo = bytes(size)
        assert parse_form(image(b"a.jpg", photo) + b"--XX--" + end, TYPE) == [photo]


def test_a_sixth_photo_is_a_problem() -> None:
    with pytest.raises(TooManyPhotos):
        parse_form(image(b"a.jpg") * 6 + b"--XX--\r\n", TYPE)


@pytest.mark.parametrize(
    ("parameters", "boundary"),
    [
        ("boundary=abc", "abc"),
        ('boundary="abc"', "abc"),
        ("boundary=a/b", "a/b"),
        ("boundary=----=_Part_4_35.12", "----=_Part_4_35.12"),
        ("boundary==abc==", "=abc=="),
        ("boundary=a:b?c,d(e)", "a:b?c,d(e)"),
        ("boundary='abc'", "'abc'"),
        ('boundary="a b;c=\\"d"', 'a b;c="d'),
        ("charset=utf-8; boundary=a=b", "a=b"),
        ("boundary=a=b; charset=utf-8", "a=b"),
        ("BOUNDARY = abc ;", "abc"),
        ('note="; boundary=evil"; boundary=abc', "abc"),
        ("boundary=abc; boundary=abc", "abc"),
    ],
)
def test_a_clear_boundary_is_accepted(parameters: str, boundary: str) -> None:
    content_type = f"multipart/form-data; {parameters}"
    assert parse_boundary(content_type) == boundary
    raw = boundary.encode()
    body = part(b'form-data; name="image"; filename="a.jpg"', b"photo", raw) + b"--" + raw + b"--\r\n"
    assert parse_form(body, content_type) == [b"photo"]


@pytest.mark.parametrize(
    "parameters",
    [
        "",
        "; boundary",
        "; boundary=",
        '; boundary=""',
        '; boundary="abc',
        '; boundary="abc"def',
        '; boundary=abc"def',
        "; boundary=a b",
        "; boundary=a; boundary=b",
        "; boundary=é",
        '; boundary="abc "',
        "; bound=abc",
    ],
)
def test_any_other_boundary_is_a_problem_of_one_sentence(parameters: str) -> None:
    with pytest.raises(InvalidRequest) as problem:
        parse_form(image(b"a.jpg") + b"--XX--\r\n", f"multipart/form-data{parameters}")
    assert problem.value.detail.count(".") == 1
    assert "boundary" in problem.value.detail


def test_no_detail_holds_a_python_repr() -> None:
    """Damage a form at random; each problem is a sentence for people."""
    source = random.Random(5)
    whole = image("Maïs.jpg".encode("latin-1")) + part(b"form-data; name=note", b"x") + b"--XX--\r\n"
    details: set[str] = set()
    for _ in range(3000):
        damaged = bytearray(whole)
        for _ in range(source.randint(1, 4)):
            where = source.randrange(len(damaged))
            damaged[where : where + source.randint(0, 3)] = source.randbytes(source.randint(0, 3))
        try:
            parse_form(bytes(damaged), TYPE)
        except InvalidRequest as problem:
            details.add(problem.detail)
    assert len(details) > 5
    assert not [detail for detail in details if any(sign in detail for sign in PYTHON_REPR)]
    assert all(detail.endswith(".") for detail in details)


@pytest.mark.parametrize("content_type", ["image/jpg", "IMAGE/JPEG", "Image/PJPEG; q=1", "image/x-png"])
def test_names_of_photo_types_are_accepted_alike(call: Call, maize: bytes, content_type: str) -> None:
    assert call("POST", "/v1/classifications", maize, content_type).status == 200
    accepted = {"accept": content_type}
    assert call("GET", "/v1/species/zea-mays/photo", headers=accepted).status == 200


@pytest.mark.parametrize("lang", ["es", "ES", "es-MX", "es_ES", "Es-419"])
def test_names_of_a_language_are_accepted_alike(call: Call, maize: bytes, lang: str) -> None:
    body, content_type = form(("image", maize))
    posted = call("POST", "/v1/classifications", body, content_type, {"lang": lang})
    assert posted.json["predictions"][0]["common_name"] == "Maíz"
    species = call("GET", "/v1/species", query={"lang": lang}).json["species"]
    assert "Maíz" in {each["common_name"] for each in species}
    assert call("GET", "/v1/species", headers={"accept-language": lang}).json["species"] == species
    assert call("GET", "/v1/classifications", query={"lang": lang}).status == 200


@pytest.mark.parametrize("lang", ["", "de", "e", "english", "-es"])
def test_another_language_is_a_problem(call: Call, lang: str) -> None:
    reply = call("GET", "/v1/species", query={"lang": lang})
    assert reply.problem == "invalid-request"
    assert reply.json["detail"] == "query.lang: Input should be 'en', 'es' or 'fr'."


@pytest.mark.skipif(not FAULTS.exists(), reason="the folder of faulty files is missing")
@pytest.mark.parametrize("name", ["form-latin1-filename.body", "form-second-input-empty.body"])
def test_forms_of_real_clients_are_classified(call: Call, name: str) -> None:
    answer = call("POST", "/v1/classifications", (FAULTS / name).read_bytes(), TYPE).json
    assert answer["predictions"][0]["species"] == "zea-mays"
