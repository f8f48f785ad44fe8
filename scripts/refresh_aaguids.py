"""Bring aaguids.json up to date: `python scripts/refresh_aaguids.py PATH-OR-URL [--source TEXT]`.

PATH-OR-URL is combined_aaguid.json of https://github.com/passkeydeveloper/passkey-authenticator-aaguids, an object
`{"<AAGUID>": {"name": "…", "icon_light": "data:…", …}}`. Only names are taken: the icons are trademarks.
"""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import urlopen
from uuid import UUID

TARGET = Path(__file__).parent.parent / "passkeys_django" / "protocol" / "aaguids.json"
MAX_LENGTH = 100
"""Characters of a passkey's name: a new passkey is named after its manager."""


def names_in(document: str) -> dict[str, str]:
    """Names by AAGUID, both in their usual form. Raises ValueError if the document is not such a list."""
    entries = json.loads(document)
    if not isinstance(entries, dict):
        raise ValueError("this is not an object of authenticators by AAGUID")
    return dict(sorted((str(UUID(aaguid)), _name(entry)) for aaguid, entry in entries.items()))


def _name(entry: object) -> str:
    name = entry.get("name") if isinstance(entry, dict) else None
    text = " ".join(name.split()) if isinstance(name, str) else ""
    if not text or not text.isprintable() or len(text) > MAX_LENGTH:
        raise ValueError(f"this is not a name: {name!r}")
    return text


def read(place: str) -> str:
    if place.startswith("https://"):
        with urlopen(place, timeout=30) as answer:  # noqa: S310  # https only
            return str(answer.read().decode())
    return Path(place).read_text(encoding="utf-8")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("place", metavar="PATH-OR-URL")
    parser.add_argument("--source", help="where the names come from; PATH-OR-URL itself unless given")
    parser.add_argument("--target", type=Path, default=TARGET)
    options = parser.parse_args(arguments)
    names = names_in(read(options.place))
    data = {"source": options.source or options.place, "date": f"{datetime.now(UTC):%Y-%m-%d}", "names": names}
    options.target.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"{len(names)} names\n")


if __name__ == "__main__":
    main()
