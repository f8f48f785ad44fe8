"""Is everything in the wheel that a site needs, and nothing that it does not?"""

import sys
from pathlib import Path
from zipfile import ZipFile

names = ZipFile(sys.argv[1]).namelist()
root = Path(__file__).parent.parent
package = root / "passkeys_django"
needed = {
    str(path.relative_to(root))
    for path in package.rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
}
missing = sorted(needed - set(names))
foreign = sorted(name for name in names if name.split("/")[0].split("-")[0] != "passkeys_django")
for kind in ("py.typed", "openapi.json", "static/", "templates/", "migrations/0001_initial.py"):
    assert any(name.startswith(f"passkeys_django/{kind}") for name in names), kind
assert not missing, f"missing in the wheel: {missing}"
assert not foreign, f"not to be in the wheel: {foreign}"
print(f"{len(names)} files, all of them wanted")
