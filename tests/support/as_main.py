"""Running a module as `python -m` does, in this process."""

import importlib.util
from pathlib import Path


def run_as_main(module: str, name: str = "__main__") -> dict[str, object]:
    """Its globals afterwards. Not by runpy, which cannot read what pytest has marked for its assertions: every
    module of a package that has a plugin for it."""
    spec = importlib.util.find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    names: dict[str, object] = {"__name__": name, "__package__": spec.parent, "__file__": spec.origin}
    exec(compile(Path(spec.origin).read_text(), spec.origin, "exec"), names)
    return names
