"""The pages of reference: each public name of a module with its signature, the comments of its parameters (docments)
and its docstring; then the module's tables of choices and its constants.
"""
import html
import importlib
import inspect
import re

LONGEST = 100  # characters of a constant that are shown


def escaped(text: str) -> str:
    """A docstring as Markdown: its signs mean themselves, except for `code`."""
    parts = text.split("`")
    return "`".join(re.sub(r"([\\$*_<>\[\]|#])", r"\\\1", p) if i % 2 == 0 else p for i, p in enumerate(parts))


def aligned(text: str) -> str:
    """A signature with its comments below each other; types that were only guessed from a default None are left out."""
    lines = [line.replace(":NoneType=None", "=None").split(" # ", 1) for line in text.splitlines()]
    wide = max((len(line[0]) for line in lines if len(line) > 1), default=0)
    return "\n".join(f"{line[0]:<{wide}} # {line[1]}" if len(line) > 1 else line[0].rstrip() for line in lines)


def signature(obj) -> str:
    """How a function or class is called, with the comment of each parameter."""
    from fastcore.docments import DocmentText

    if inspect.isclass(obj) and issubclass(obj, BaseException) and "__init__" not in vars(obj):
        return f"class {obj.__name__}({obj.__base__.__name__})"
    try:
        text = aligned(str(DocmentText(obj, docstring=False)))
    except (TypeError, ValueError, OSError, NameError, AttributeError, KeyError):  # what has no source or signature
        text = f"def {obj.__name__}(...)"
    text = re.sub(r"\(\n\s*([^\n#,]+)\n\)", r"(\1)", text)  # a single parameter without a comment: on one line
    return re.sub(r"^def ", "class ", text) if inspect.isclass(obj) else text


def methods(cls) -> list:
    """Triples (name, function, decorator) of what a class itself offers: properties, and methods with a docstring."""
    marks = {property: "@property\n", classmethod: "@classmethod\n", staticmethod: "@staticmethod\n"}
    own = [(k, getattr(v, "fget", getattr(v, "__func__", v)), marks.get(type(v), ""))
           for k, v in vars(cls).items() if k[0] != "_"]
    return [(k, f, mark) for k, f, mark in own if inspect.isfunction(f) and (f.__doc__ or "property" in mark)]


def entry(module: str, name: str, obj, level: int, mark: str = "") -> str:
    """The Markdown for one name of a module; of a class its public methods too."""
    kind = "class-" * inspect.isclass(obj)  # HMTNet and hmtnet would be one place, for places have no capitals
    place, title = f"({kind}{module}.{name})=", "#" * level + " " + name.split(".")[-1]
    text = f"{place}\n{title}\n\n```python\n{mark}{signature(obj)}\n```\n\n{escaped(inspect.getdoc(obj) or '')}\n"
    own = methods(obj) if inspect.isclass(obj) else []
    return "\n".join([text, *(entry(module, f"{name}.{k}", f, level + 1, m) for k, f, m in own)])


def value(obj) -> str:
    """A constant in a word: the names in a table, a short value, or of which class it is."""
    if isinstance(obj, dict):
        return ", ".join(f"`{k}`" for k in obj if isinstance(k, str)) or f"{len(obj)} entries, not named"
    text = repr(obj)
    short = len(text) <= LONGEST and isinstance(obj, (int, float, str, tuple, list)) and " at 0x" not in text
    text = html.escape(text).replace("|", "&#124;")  # a | would end the cell
    return f"<code>{text}</code>" if short else f"an object of `{type(obj).__name__}`"


def reference(module: str, page: str) -> str:
    """The Markdown of a module's page of reference; `page` is its notebook, below nbs/."""
    found = importlib.import_module(module)
    public = {n: getattr(found, n) for n in found.__all__}
    called = {n: inspect.unwrap(getattr(o, "callback", None) or o) for n, o in public.items()}  # a command's function
    called = {n: o for n, o in called.items() if inspect.isfunction(o) or inspect.isclass(o)}
    text = [f"# {module}\n\nExplained, shown and tested in [{page}](../{page}.ipynb).\n"]
    text += [entry(module, n, o, 2) for n, o in called.items()]
    if rest := {n: o for n, o in public.items() if n not in called}:
        rows = [f"| `{n}` | {value(o)} |" for n, o in rest.items()]
        text += ["\n".join(["## Tables and constants\n", "| name | entries or value |", "|---|---|", *rows, ""])]
    return "\n".join(text)
