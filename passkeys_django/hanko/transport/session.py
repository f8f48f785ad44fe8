"""Sessions of requests for one server. What all requests have in common is prepared once."""

from collections.abc import Mapping, Sequence
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urlencode

import requests
from requests.structures import CaseInsensitiveDict

from ... import __version__
from .deadline import DeadlineAdapter
from .retries import CONNECT_ONCE_MORE

USER_AGENT = f"passkeys-django/{__version__}"  # short: over 255 characters break the server (contract trap 7)


class Session(requests.Session):
    """One connection to one server, for one request at a time.

    `address` and `common` are the URL and the headers of a request that requests has prepared. All requests begin
    with these: requests would read and check the same values again for each request, which takes half of the time
    of a call.
    """

    address: str
    common: CaseInsensitiveDict[str]

    def exchange(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | Sequence[str]] | None,
        body: bytes | None,
        headers: Mapping[str, str],
        timeout: tuple[float, float],
    ) -> requests.Response:
        """Send a request. The body of the reply is not read yet. `path` must need no more quoting."""
        request = requests.PreparedRequest()
        request.method = method
        request.url = f"{self.address}{path}" + (f"?{urlencode(params, doseq=True)}" if params else "")
        request.headers = self.common.copy()
        request.headers.update(headers)
        if method != "GET":
            request.headers["Content-Length"] = str(len(body or b""))  # never chunked (contract trap 6)
        request.body = body
        return self.send(request, stream=True, allow_redirects=False, proxies=self.proxies, timeout=timeout)

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Never follow a redirect. Without this method, requests would read the whole body to find the target."""


def new_session(base_url: str) -> Session:
    """A new session. Like requests, it uses the proxies and certificates of the environment, but reads them once.

    Passwords in the user's .netrc are not used. Raises the exceptions of requests for an unusable address.
    """
    session = Session()
    environment = session.merge_environment_settings(base_url, {}, None, None, None)
    session.proxies, session.verify = environment["proxies"], environment["verify"]
    session.trust_env = False  # otherwise requests reads the whole environment and .netrc at every call
    session.headers["User-Agent"] = USER_AGENT
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = DeadlineAdapter(pool_connections=1, pool_maxsize=1, max_retries=CONNECT_ONCE_MORE)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    prepared = session.prepare_request(requests.Request("GET", base_url))
    session.address, session.common = (prepared.url or "").rstrip("/"), prepared.headers
    return session
