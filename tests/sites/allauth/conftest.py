"""These tests need django-allauth, in an environment and with settings of their own: `make sites`."""

from django.conf import settings

collect_ignore_glob = [] if "allauth.account" in settings.INSTALLED_APPS else ["test_*.py", "urls*.py"]
