"""Bundle the page's ES modules into one script.

The modules keep to a subset of ECMAScript that can be linked by concatenation, as Rollup does it ("scope
hoisting"): each import and each ``export`` keyword is removed, and all modules share one scope. The result is
exact because

- a module imports names of the page's files, each in one line: ``import { a, b } from "./file.js";``;
- it exports declarations: ``export`` before ``function``, ``async function``, ``class``, ``const``, ``let``;
- no two modules declare the same name at their top level;
- the imports have no cycle;
- only the module that declares a name assigns to it, and no module uses a name that it did not import.

`bundle` refuses modules that break the first four rules; a test holds the page to the last one.
"""

import posixpath
import re
from dataclasses import dataclass
from pathlib import Path

IMPORT = re.compile(r'^import \{ ([\w$]+(?:, [\w$]+)*) \} from "(\.\.?/[\w./-]+\.js)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async function|function|class|const|let) [\w$])", re.MULTILINE)
DECLARATION = re.compile(
    r"^(export )?(?:async function|function|class|const|let) ([\w$]+)(?=[ (;])", re.MULTILINE
)
# Other forms of imports, exports and declarations at the top level, and imports anywhere else.
UNSUPPORTED = re.compile(
    r"^(?:import|export|var)\b.*|^(?:const|let) *[\[{].*|^(?:async )?function *\*.*|\bimport *[.(].*",
    re.MULTILINE,
)
# In an HTML script these end it, or change how its end is found.
UNSAFE_IN_HTML = ("</script", "<script", "<!--")


class BundleError(ValueError):
    """A module is outside the subset that can be bundled."""


@dataclass(frozen=True)
class Module:
    """An ES module of the page.

    Attributes
    ----------
    path
        Its file, relative to the folder of all modules, with `/` on every platform.
    imports
        The names that it imports, by the path of the module that exports them.
    exports
        The names that it exports.
    declarations
        All names that it declares at its top level.
    body
        Its source without imports and without ``export`` keywords.
    """

    path: str
    imports: dict[str, tuple[str, ...]]
    exports: frozenset[str]
    declarations: frozenset[str]
    body: str


def bundle(folder: Path, entry: str) -> str:
    """Return one script that runs a module and all that it imports.

    Parameters
    ----------
    folder
        Where the modules are.
    entry
        The file name of the module to run.

    Returns
    -------
    str
        The bodies of the modules in the order in which a browser would evaluate them.

    Raises
    ------
    BundleError
        A module is outside the subset.
    """
    modules = load_modules(folder, entry)
    _check_names(modules)
    return "\n".join(f"// {module.path}\n{module.body}" for module in modules)


def load_modules(folder: Path, entry: str) -> list[Module]:
    """Read a module and all that it imports, dependencies first.

    Raises
    ------
    BundleError
        An import has no file or is part of a cycle, or a module has syntax outside the subset.
    """
    ordered: dict[str, Module] = {}
    _visit(folder, entry, [], ordered)
    return list(ordered.values())


def _visit(folder: Path, path: str, importers: list[str], ordered: dict[str, Module]) -> None:
    """Append a module after its dependencies."""
    if path in importers:
        raise BundleError(f"Circular import: {' -> '.join([*importers, path])}")
    if path in ordered:
        return
    module = _read(folder, path)
    for dependency in module.imports:
        _visit(folder, dependency, [*importers, path], ordered)
    ordered[path] = module


def _read(folder: Path, path: str) -> Module:
    """Parse one module."""
    try:
        source = (folder / path).read_text("utf-8")
    except FileNotFoundError as error:
        raise BundleError(f"{path} is imported and does not exist") from error
    imports: dict[str, tuple[str, ...]] = {}
    for names, target in IMPORT.findall(source):
        dependency = _resolve(path, target)
        imports[dependency] = (*imports.get(dependency, ()), *names.split(", "))
    declarations = DECLARATION.findall(source)
    body = EXPORT.sub("", IMPORT.sub("", source))
    if found := UNSUPPORTED.search(body):
        raise BundleError(f"{path} is outside the subset that can be bundled: {found[0]}")
    if unsafe := [each for each in UNSAFE_IN_HTML if each in body.lower()]:
        raise BundleError(f"{path} contains {unsafe[0]}, which an inline script cannot")
    return Module(
        path=path,
        imports=imports,
        exports=frozenset(name for exported, name in declarations if exported),
        declarations=frozenset(name for _, name in declarations),
        body=body,
    )


def _resolve(importer: str, target: str) -> str:
    """Return the path of an imported module, relative to the folder of all modules."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(importer), target))


def _check_names(modules: list[Module]) -> None:
    """Refuse imports of what is not exported, and names that two modules declare."""
    exports = {module.path: module.exports for module in modules}
    owners: dict[str, str] = {}
    for module in modules:
        for dependency, names in module.imports.items():
            if missing := set(names) - exports[dependency]:
                raise BundleError(f"{module.path} imports {min(missing)}, which {dependency} does not export")
        for name in module.declarations:
            if name in owners:
                raise BundleError(f"{module.path} and {owners[name]} both declare {name}")
            owners[name] = module.path
