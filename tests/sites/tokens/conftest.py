"""These tests need other packages, in an environment and with settings of their own: `make sites`."""

from django.conf import settings

collect_ignore_glob = [] if "ninja" in settings.INSTALLED_APPS else ["test_*.py"]
