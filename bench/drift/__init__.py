"""`python -m bench drift`: how well drift is seen, beside what peers' rules see and what anybody could see.

`BENCH_DRIFT=dev` uses the seeds that the method was developed on; the default is the test seeds, which it never saw.
`BENCH_SEEDS=N` desks per family (default 8), `BENCH_PARTS=null,drift,statuses,cases,cost` some parts only.
"""

from __future__ import annotations

import os


def main() -> None:
    from bench.drift import table

    parts = os.environ.get("BENCH_PARTS", "null,drift,statuses,cases,cost").split(",")
    first = 100 if os.environ.get("BENCH_DRIFT") == "dev" else 9000
    table.run(parts, first, int(os.environ.get("BENCH_SEEDS", "8")))
