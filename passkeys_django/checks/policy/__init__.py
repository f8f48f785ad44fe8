"""The checks of PASSKEY_POLICY: can it be read, does every door obey it, and can somebody still sign in?"""

from .doors import check_backends, check_logins, check_middleware, check_pages
from .neighbours import check_neighbours
from .people import check_groups, check_somebody_gets_in
from .setting import check_dates, check_policy

ALL = (
    check_policy,
    check_dates,
    check_middleware,
    check_pages,
    check_backends,
    check_logins,
    check_neighbours,
)
WITH_DATABASE = (check_groups, check_somebody_gets_in)
"""The checks that read the database: only `check --database`, `migrate` and `passkeys_doctor` run them."""
