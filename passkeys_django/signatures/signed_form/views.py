"""Signed forms: a person reads what they have entered, and confirms it with their passkey."""

from collections.abc import Callable, Iterable
from contextlib import nullcontext
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import FormView

from ...ceremonies import apply_cookies
from ...conf import passkey_settings
from ...exceptions import (
    AlreadySigned,
    InvalidCredential,
    InvalidStatement,
    PasskeyError,
    PasskeyRequired,
    StatementChanged,
)
from ...http.problems import invalid_form, problem_response, wants_json
from ...http.transactions import non_atomic
from ...models import PasskeySignature
from ...protocol.credentials import Envelope, open_envelope
from ...sessions.authentication import signed_in_owner
from ...sessions.reauthentication import INTERRUPTIONS, redirect_to_authenticate
from ..finalize import already_signed, verify
from ..start import Begun, begin, form_sha256, new_form_id
from ..statement.form_data import FORM_ID, check_form, statement_of
from . import interrupted
from .csrf import csrf_protect
from .execution import Execution
from .page import sign_context
from .submission import OUR_NAMES, Submission, read_submission
from .turns import turn

_no_store = cache_control(no_store=True)


class SignedFormMixin:
    """For a form that people sign with their passkey. List it before Django's view with a form.

        class Transfer(SignedFormView):
            action = "transfer"
            form_class = TransferForm
            template_name = "transfer.html"

            def form_signed(self, form, signature):
                Transfer.objects.create(signature=signature, **form.cleaned_data)
                return redirect("transfers")

    The first post of the form shows what it says, as it will be signed. The second post has the passkey's answer:
    the form is validated again, the text is made again, and both must be as before. A script that prefers JSON
    gets `{"statement", "publicKey"}`, and then `{"signature", "redirect_url"}` with status 201.

    The view is for people who are signed in. It is exempt from ATOMIC_REQUESTS, and has a CSRF check of its own.
    """

    action: str = ""
    """A stable name of what is signed. The text names it; it is never translated."""
    unsigned_fields: Iterable[str] = ()
    """The fields that the statement leaves out. They must not change between the two posts."""
    signature_template_name = "passkeys_django/sign.html"
    request: HttpRequest
    submission: Submission | None = None

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponseBase]:
        view: Callable[..., HttpResponseBase] = super().as_view(**initkwargs)  # type: ignore[misc]
        return non_atomic(login_not_required(csrf_exempt(_no_store(csrf_protect(view)))))

    def statement(self, form: Any) -> dict[str, Any]:
        """The data that people see and sign: the cleaned data of all fields that are not unsigned.

        An override may add what the form does not hold, such as a price. Return values that `canonical` takes.
        """
        return statement_of(form, without=self.unsigned_fields)

    def form_signed(self, form: Any, signature: PasskeySignature) -> HttpResponse:
        """Do what was signed, and return a redirect. Runs exactly once, in one transaction with the evidence.

        An exception undoes both. A ValidationError is shown as an error of the form.
        """
        return HttpResponseRedirect(self.get_success_url())  # type: ignore[attr-defined]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            signed_in_owner(request)
            response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        except PasskeyError as error:
            response = self._refusal(error)
        return apply_cookies(request, response)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.submission = read_submission(request, prefix=self.get_prefix())  # type: ignore[attr-defined]
        if self.submission.credential is None:
            return super().post(request, *args, **kwargs)  # type: ignore[misc, no-any-return]
        envelope = _envelope(self.submission.credential)
        with turn(envelope.client_data.challenge) if envelope else nullcontext():
            try:
                return super().post(request, *args, **kwargs)  # type: ignore[misc, no-any-return]
            except Exception:  # what was signed may have made the same post impossible, such as a deletion
                if (repeated := self._repeated()) is None:
                    raise
                return repeated

    def get_form(self, form_class: Any = None) -> Any:
        """The form with the hidden id of the page."""
        form = super().get_form(form_class)  # type: ignore[misc]
        if taken := OUR_NAMES.intersection(form.fields):
            raise ImproperlyConfigured(f"{type(form).__name__} has the field {min(taken)!r}: this name is ours.")
        hidden = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput, initial=new_form_id)
        form.fields[FORM_ID] = hidden
        return form

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_form_kwargs()  # type: ignore[misc]
        data = self.submission.data if self.submission else interrupted.take(self.request)
        return kwargs if data is None else {**kwargs, "data": data}

    def form_valid(self, form: Any) -> HttpResponse:
        """Show what will be signed, or verify the answer and do what was signed."""
        submission = self._submitted()
        if submission.is_edit:
            return self.render_to_response(self.get_context_data(form=form))  # type: ignore[attr-defined, no-any-return]
        try:
            data = self.statement(form)
            check_form(form, data, self.unsigned_fields)
            if submission.credential is None:
                return self._show(form, data)
            return self._sign(form, data)
        except InvalidStatement as error:
            return self._invalid(form, error)

    def form_invalid(self, form: Any) -> HttpResponse:
        """The form with its errors. A repeated post may be invalid by now: it gets its first answer again."""
        if (repeated := self._repeated()) is not None:
            return repeated
        if wants_json(self.request):
            raise invalid_form(form)
        return super().form_invalid(form)  # type: ignore[misc, no-any-return]

    def _submitted(self) -> Submission:
        if self.submission is None:
            raise ImproperlyConfigured(f"{type(self).__name__}.form_valid() runs outside of post().")
        return self.submission

    def _show(self, form: Any, data: Any, error: PasskeyError | None = None) -> HttpResponse:
        """The page on which people read and sign. With an error, the page says what went wrong before."""
        submission = self._submitted()
        if submission.form_id:
            self._refuse_second_signature(submission.form_id)
        form_id = submission.form_id or new_form_id()
        try:
            begun = begin(self.request, action=self.action, data=data, fields=submission.digest, form=form_id)
        except InvalidStatement:
            raise
        except PasskeyRequired as refusal:
            return self._lead_to_passkey(refusal)
        except PasskeyError as refusal:
            return self._invalid(form, refusal)
        if wants_json(self.request):
            return _json(begun, error)
        return self._page(form, begun, form_id, error)

    def _refuse_second_signature(self, form_id: str) -> None:
        earlier = PasskeySignature.objects.of_form(form_sha256(self.request.user, form_id))  # type: ignore[arg-type]
        if earlier is not None:
            raise already_signed(earlier)

    def _page(self, form: Any, begun: Begun, form_id: str, error: PasskeyError | None) -> HttpResponse:
        sent_before = [*self._submitted().pairs, (form.add_prefix(FORM_ID), form_id)]
        context = sign_context(form, begun, sent_before=sent_before, error=error)
        status = error.status if error else 200
        return TemplateResponse(self.request, self.signature_template_name, context, status=status)

    def _sign(self, form: Any, data: Any) -> HttpResponse:
        submission = self._submitted()
        try:
            verified = verify(
                self.request, submission.credential, action=self.action, data=data, fields=submission.digest
            )
            response = Execution(self, form).run(verified)
        except ValidationError as error:
            form.add_error(None, error)
            return self.form_invalid(form)
        except PasskeyError as error:  # another request may have been first
            return self._repeated() or self._failed(form, data, error)
        return _created(verified.signature) if wants_json(self.request) else response

    def _failed(self, form: Any, data: Any, error: PasskeyError) -> HttpResponse:
        """People may sign again at once. A script starts again, except where the statement must be shown anew."""
        if isinstance(error, AlreadySigned | InvalidStatement):
            raise error
        if wants_json(self.request) and not isinstance(error, StatementChanged):
            raise error
        return self._show(form, data, error)

    def _repeated(self) -> HttpResponse | None:
        """The answer to a request that was answered before: the same as the first time. Else None."""
        envelope = _envelope(self.submission.credential) if self.submission else None
        if envelope is None:
            return None
        user = signed_in_owner(self.request)
        earlier = PasskeySignature.objects.of_challenge(envelope.client_data.challenge, user)
        if earlier is None:
            return None
        if earlier.action != self.action or bytes(earlier.client_data) != envelope.client_data.raw:
            raise already_signed(earlier)
        return _created(earlier) if wants_json(self.request) else HttpResponseRedirect(earlier.redirect_url)

    def _invalid(self, form: Any, error: PasskeyError) -> HttpResponse:
        """The form again, with the error beside the field that it is about."""
        if wants_json(self.request):
            raise error
        path = error.members.get("path", ())
        field = path[1] if len(path) > 1 and path[1] in form.fields else None
        form.add_error(field, ValidationError(str(error.user_message), code=error.code))
        return self.form_invalid(form)

    def _lead_to_passkey(self, error: PasskeyRequired) -> HttpResponse:
        """A page on which people create a passkey. Afterwards they find the form as they have filled it in."""
        if wants_json(self.request):
            raise error
        interrupted.keep(self.request, self._submitted())
        context = {"base_template": passkey_settings.base_template, "back": self.request.get_full_path()}
        return TemplateResponse(self.request, "passkeys_django/sign_without_passkey.html", context, status=403)

    def _refusal(self, error: PasskeyError) -> HttpResponse:
        if wants_json(self.request):
            return problem_response(error)
        if isinstance(error, INTERRUPTIONS):
            return redirect_to_authenticate(self.request, error)
        context = {
            "base_template": passkey_settings.base_template,
            "error": error.user_message,
            "done": error.members.get("redirect_url"),
            "again": self.request.get_full_path(),
        }
        return TemplateResponse(self.request, "passkeys_django/sign_refused.html", context, status=error.status)


class SignedFormView(SignedFormMixin, FormView):  # type: ignore[type-arg]  # Django's own takes no argument
    """A form that people sign with their passkey: see SignedFormMixin."""


def _envelope(credential: object) -> Envelope | None:
    try:
        return open_envelope(credential)
    except InvalidCredential:
        return None


def _json(begun: Begun, error: PasskeyError | None) -> HttpResponse:
    if error is None:
        return JsonResponse(begun.to_json())
    error.members |= begun.to_json()
    return problem_response(error)


def _created(signature: PasskeySignature) -> HttpResponse:
    answer = {"signature": str(signature.pk), "redirect_url": signature.redirect_url}
    return JsonResponse(answer, status=201)
