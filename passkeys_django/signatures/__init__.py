"""Signatures: a person reads data and confirms them with their passkey, and the evidence can be verified later.

`SignedFormView` is a form that people sign. The functions are for all other views:

    start_signature(request, action="delete", statement={"page": "Home"})      what to show, and the options
    finalize_signature(request, credential, action="delete", statement={...})  the stored evidence
    verify_signature(signature)                                                the verdict, computed anew
"""

from .evidence.export import evidence_of
from .evidence.verdict import Verdict, verify_signature
from .finalize import finalize_signature
from .signed_form.views import SignedFormMixin, SignedFormView
from .start import start_signature
from .statement.canonical import canonical
from .statement.statements import Statement, read_statement

__all__ = [
    "SignedFormMixin",
    "SignedFormView",
    "Statement",
    "Verdict",
    "canonical",
    "evidence_of",
    "finalize_signature",
    "read_statement",
    "start_signature",
    "verify_signature",
]
