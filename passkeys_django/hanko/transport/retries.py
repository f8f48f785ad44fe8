"""Which requests are sent a second time."""

from urllib3.util.retry import Retry

CONNECT_ONCE_MORE = Retry(
    total=None,
    connect=1,
    read=False,
    redirect=0,
    status=0,
    other=0,
    backoff_factor=0,
    respect_retry_after_header=False,
)
"""Only a failed attempt to connect is repeated, once, when nothing was sent yet: the answer to a second finalize
or delete would differ. `read` is False and not 0, so that a read time-out keeps its exception type."""
