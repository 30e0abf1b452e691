"""`python -m bench [NAME …]`: run these benchmarks, or every module of this folder that has a `main`."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path


def main(names: list[str]) -> None:
    """Run the benchmarks one after another."""
    folder = Path(__file__).parent
    modules = [*folder.glob("*.py"), *(path.parent for path in folder.glob("*/__init__.py"))]
    everything = sorted(path.stem for path in modules if not path.stem.startswith("_"))
    unknown = [name for name in names if name not in everything]
    if unknown:
        sys.exit(f"no benchmark {', '.join(unknown)}; there are {', '.join(everything)}")
    for name in names or everything:
        module = import_module(f"bench.{name}")
        if hasattr(module, "main"):
            print(f"== {name}", flush=True)
            module.main()


if __name__ == "__main__":
    main(sys.argv[1:])
