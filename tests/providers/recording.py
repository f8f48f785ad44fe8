"""A provider with copies that writes down what it is asked to do with them."""

from passkeys_django.providers.base import BaseProvider

REMOTE = "hanko:0b4d7c5e-7a43-4b8f-9d0c-2f5a1c6e8d90"
RECORDING = {"PROVIDER": "tests.providers.recording.RecordingProvider"}


class RecordingProvider(BaseProvider):
    """Keeps copies, writes down what it is asked to do with them, and can be out of order."""

    keeps_copies = True
    identity = REMOTE

    def __init__(self):
        self.calls = []
        self.error = None

    def rename_credential(self, credential_id, *, name):
        self._called("rename", credential_id, name)

    def delete_copy(self, *, credential_id, user_handle):
        self._called("delete", credential_id)

    def _called(self, *call):
        self.calls.append(call)
        if self.error is not None:
            raise self.error

    def _not_here(self, **_kwargs):
        raise NotImplementedError

    finalize_registration = finalize_login = verify_token = verify_registration_token = _not_here
    _creation_options = _request_options = _not_here
