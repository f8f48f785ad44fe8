"""A process of its own that posts what it is given: `python -m tests.support.replaying`, see test_two_processes.

Reads one line of JSON, a list of requests; says "ready"; posts them as soon as another line comes; answers with
the outcomes in one line of JSON. REPLAY_THREADS posts so many at once; REPLAY_URLCONF is the site's URLconf.
"""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import django

AS_JSON = {"Accept": "application/json"}


def main():
    django.setup()
    from django.conf import settings
    from django.test import Client

    settings.ROOT_URLCONF = os.environ.get("REPLAY_URLCONF", settings.ROOT_URLCONF)

    requests = json.loads(sys.stdin.readline())
    clients = [Client() for _ in requests]
    for client, request in zip(clients, requests, strict=True):
        client.cookies.load(request["cookies"])
        client.get("/passkeys/")  # whatever is made once is made before the race
    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(int(os.environ.get("REPLAY_THREADS", 1))) as threads:
        print(json.dumps(list(threads.map(post, clients, requests))), flush=True)


def post(client, request):
    from django.db import connection

    response = client.post(request["path"], request["body"], content_type="application/json", headers=AS_JSON)
    connection.close()  # each thread has its own
    return response.json().get("code", response.status_code)


if __name__ == "__main__":
    main()
