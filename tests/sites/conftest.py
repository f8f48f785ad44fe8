"""Sites with other packages beside ours, each in an environment and with settings of its own: `make sites`.

Only the folder whose settings are in use is collected, here and by `make test`.
"""

from pathlib import Path

from django.conf import settings

collect_ignore = [
    str(folder)
    for folder in Path(__file__).parent.iterdir()
    if folder.is_dir() and f"tests.sites.{folder.name}" != settings.SETTINGS_MODULE.rpartition(".")[0]
]
