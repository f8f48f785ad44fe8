"""Fills PostgreSQL with a million users, and prints what takes longer then: `make bench-scale`.

SCALE_USERS, SCALE_PASSKEYS and SCALE_EVENTS say how many rows there are. The tables are in a schema of their own,
which is dropped at the end.
"""

import os
import time

import django


def main():
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.scale.settings"  # our processes read it, too
    django.setup()
    from tests.benchmarks.peers.worker import tables
    from tests.benchmarks.scale import measuring
    from tests.benchmarks.scale.filling import fill
    from tests.benchmarks.scale.site import Site
    from tests.benchmarks.scale.size import Size

    size = Size.from_environment()
    with tables():
        site = Site()
        site.logins(measuring.LOGINS)  # caches are filled
        few = site.logins(measuring.LOGINS)
        began = time.monotonic()
        fill(size)
        print(f"{size}: filled in {time.monotonic() - began:.0f} s", flush=True)
        for rows in (
            measuring.growth(site, few),
            measuring.reading(site, size),
            measuring.revoking(site, size),
            measuring.beside_a_snapshot(),
            measuring.commands(site),
        ):
            for what, figure, wanted in rows:
                print(f"{what:<60} {figure:>20}   wanted: {wanted}", flush=True)


if __name__ == "__main__":
    main()
