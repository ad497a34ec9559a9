"""The bundle of the page's ES modules is exact, and refuses what it could not bundle exactly."""

import re
from pathlib import Path

import pytest

from frond_classify.web_page.bundle import BundleError, bundle, load_modules

STATIC = Path(__file__).parents[3] / "functions" / "classify" / "frond_classify" / "static"
ENTRY = "page.js"
# Scripts of their own: the browser loads them by their URL.
STANDALONE = {"service-worker.js"}
# Comments, strings and regular expressions.
NO_CODE = re.compile(
    r"""//[^\n]*|"(?:\\.|[^"\\\n])*"|(?<=[(,=])\s*/(?:\\.|\[[^\]]*\]|[^/\\\n])+/[a-z]*""",
)
# A template whose expressions contain no other template, and its expressions.
TEMPLATE = re.compile(r"`(?:[^`$]|\$(?!\{)|\$\{[^`{}]*\})*`")
EXPRESSION = re.compile(r"\$\{([^`{}]*)\}")
IDENTIFIER = re.compile(r"(?<![\w$.])(?<!\.\.\.)[A-Za-z_$][\w$]*(?![\w$]|\s*:)|(?<=\.\.\.)[A-Za-z_$][\w$]*")


def write(folder: Path, **modules: str) -> Path:
    for name, source in modules.items():
        path = folder / f"{name.replace('__', '/')}.js"
        path.parent.mkdir(exist_ok=True)
        path.write_text(source)
    return folder


def test_modules_are_joined_in_the_order_of_their_evaluation(tmp_path: Path) -> None:
    write(
        tmp_path,
        page='import { b } from "./b.js";\nimport { a } from "./a.js";\n\nb(a);\n',
        a="export const a = 1;\n",
        b='import { a } from "./a.js";\nimport { text } from "./locales/en.js";\n\n'
        "export function b() {\n  return a + text;\n}\n",
        locales__en='import { a } from "../a.js";\n\nexport const text = `${a}`;\n',
    )

    assert bundle(tmp_path, ENTRY) == (
        "// a.js\nconst a = 1;\n\n"
        "// locales/en.js\n\nconst text = `${a}`;\n\n"
        "// b.js\n\nfunction b() {\n  return a + text;\n}\n\n"
        "// page.js\n\nb(a);\n"
    )


@pytest.mark.parametrize(
    "source",
    [
        'import a from "./a.js";\n',
        'import * as a from "./a.js";\n',
        'import { a as b } from "./a.js";\n',
        'import "./a.js";\n',
        'import {\n  a,\n} from "./a.js";\n',
        'import { a } from "https://elsewhere.example/a.js";\n',
        'import { a } from "a";\n',
        'const a = import("./a.js");\n',
        "const here = import.meta.url;\n",
        "export default 1;\n",
        "const b = 1;\nexport { b };\n",
        'export * from "./a.js";\n',
        "export const { b } = {};\n",
        "const [b] = [];\n",
        "var b = 1;\n",
        "function* b() {}\n",
        'const b = "</script>";\n',
        'const b = "<!--";\n',
    ],
)
def test_syntax_outside_the_subset_is_refused(tmp_path: Path, source: str) -> None:
    write(tmp_path, page=source, a="export const a = 1;\n")

    with pytest.raises(BundleError, match=r"^page\.js "):
        bundle(tmp_path, ENTRY)


@pytest.mark.parametrize(
    ("a", "reason"),
    [
        ("const a = 1;\n", "page.js imports a, which a.js does not export"),
        ("export const a = 1;\nexport const page = 2;\n", "page.js and a.js both declare page"),
        (
            'import { page } from "./page.js";\nexport const a = page;\n',
            "Circular import: page.js -> a.js -> page.js",
        ),
        ('import { c } from "./c.js";\nexport const a = c;\n', "c.js is imported and does not exist"),
    ],
)
def test_names_and_imports_that_do_not_fit_are_refused(tmp_path: Path, a: str, reason: str) -> None:
    write(tmp_path, page='import { a } from "./a.js";\nexport const page = a;\n', a=a)

    with pytest.raises(BundleError, match=re.escape(reason)):
        bundle(tmp_path, ENTRY)


def test_every_script_of_the_page_is_in_its_bundle() -> None:
    bundled = {module.path for module in load_modules(STATIC, ENTRY)}

    assert bundled == {path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*.js")} - STANDALONE


def test_the_page_can_be_bundled() -> None:
    assert bundle(STATIC, ENTRY).endswith(f"// {ENTRY}\n{load_modules(STATIC, ENTRY)[-1].body}")


def test_each_module_imports_what_it_uses_and_uses_what_it_imports() -> None:
    modules = load_modules(STATIC, ENTRY)
    exported = frozenset().union(*(module.exports for module in modules))
    private = frozenset().union(*(module.declarations for module in modules)) - exported
    for module in modules:
        code = _code(module.body)
        used = set(IDENTIFIER.findall(code))
        imported = {name for names in module.imports.values() for name in names}
        assert imported <= used, module.path
        foreign = (exported | private) - module.declarations - _local_names(code)
        assert used & foreign == imported - _local_names(code), module.path


def test_only_the_module_that_declares_a_name_assigns_to_it() -> None:
    for module in load_modules(STATIC, ENTRY):
        code = _code(module.body)
        for name in (name for names in module.imports.values() for name in names):
            assignment = rf"(?<![\w$.]){re.escape(name)}\s*(?:[-+*/%|&?^]{{0,2}}=(?![=>])|\+\+|--)"
            assert not re.search(assignment, code), (module.path, name)


def _code(body: str) -> str:
    """Return JavaScript without comments and the text of literals."""
    code = NO_CODE.sub("''", body)
    while "`" in code:
        code, replaced = TEMPLATE.subn(lambda found: f"({', '.join(EXPRESSION.findall(found[0]))})", code)
        assert replaced, code
    return code


def _local_names(code: str) -> set[str]:
    """Return names of parameters and of variables inside functions."""
    parameters = re.findall(r"\(([^()]*)\)\s*(?:=>|\{)", code) + re.findall(r"([\w$]+)\s*=>", code)
    variables = re.findall(r"^ +(?:for \()?(?:const|let) ([^=;]+?) (?:=|of )", code, re.MULTILINE)
    return {name for text in parameters + variables for name in re.findall(r"[\w$]+", text)}
