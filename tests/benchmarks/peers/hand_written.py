"""The least that one can write: py_webauthn, two statements of SQL, Django's `login()`.

It does without spent challenges, limits, a history, providers, and a good answer to a bad request.
"""

import json
import secrets

from django.contrib.auth import get_user_model, login
from django.db import connection
from django.http import JsonResponse
from django.urls import path
from django.views.decorators.http import require_POST
from webauthn import base64url_to_bytes, verify_authentication_response

from tests.benchmarks.peers.sites import ORIGIN, PASSWORD_BACKEND, RP_ID

TABLE = """
    CREATE TABLE IF NOT EXISTS credential
    (id VARCHAR(1364) PRIMARY KEY, user_id BIGINT, public_key TEXT, sign_count BIGINT)
"""
INSERT = "INSERT INTO credential VALUES (%s, %s, %s, 0)"
SELECT = """
    SELECT auth_user.*, public_key, sign_count
    FROM auth_user JOIN credential ON user_id = auth_user.id WHERE credential.id = %s
"""
UPDATE = "UPDATE credential SET sign_count = %s WHERE id = %s"


@require_POST
def start(request):
    challenge = secrets.token_urlsafe(32)
    response = JsonResponse({"challenge": challenge, "rpId": RP_ID, "userVerification": "required"})
    response.set_signed_cookie("challenge", challenge, max_age=600, httponly=True, samesite="Lax")
    return response


@require_POST
def finalize(request):
    credential = json.loads(request.body)
    challenge = request.get_signed_cookie("challenge", max_age=600)
    [user] = get_user_model().objects.raw(SELECT, [credential["id"]])
    verified = verify_authentication_response(
        credential=credential,
        expected_challenge=base64url_to_bytes(challenge),
        expected_rp_id=RP_ID,
        expected_origin=ORIGIN,
        credential_public_key=bytes.fromhex(user.public_key),
        credential_current_sign_count=user.sign_count,
        require_user_verification=True,
    )
    with connection.cursor() as cursor:
        cursor.execute(UPDATE, [verified.new_sign_count, credential["id"]])
    login(request, user, backend=PASSWORD_BACKEND)
    response = JsonResponse({"redirect_url": "/"})
    response.delete_cookie("challenge")
    return response


urlpatterns = [path("start", start), path("finalize", finalize)]
