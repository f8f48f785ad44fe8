"""A process of its own that posts what it is given: `python -m tests.replaying`, see test_two_processes.

Reads one line of JSON, a list of requests; says "ready"; posts them as soon as another line comes; answers with
the outcomes in one line of JSON.
"""

import json
import sys

import django

AS_JSON = {"Accept": "application/json"}


def main():
    django.setup()
    from django.test import Client

    requests = json.loads(sys.stdin.readline())
    clients = [Client() for _ in requests]
    for client, request in zip(clients, requests, strict=True):
        client.cookies.load(request["cookies"])
        client.get("/passkeys/")  # whatever is made once is made before the race
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps([post(*pair) for pair in zip(clients, requests, strict=True)]), flush=True)


def post(client, request):
    response = client.post(request["path"], request["body"], content_type="application/json", headers=AS_JSON)
    return response.json().get("code", response.status_code)


if __name__ == "__main__":
    main()
