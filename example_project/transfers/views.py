"""A form that people sign with their passkey, and the list of what they have signed."""

from decimal import Decimal

from django import forms
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.generic import ListView

from passkeys_django.models import PasskeySignature
from passkeys_django.signatures import SignedFormView, verify_signature

from .models import Transfer


class TransferForm(forms.Form):
    to = forms.CharField(label="To", max_length=100)
    amount = forms.DecimalField(label="Amount in euro", min_value=Decimal("0.01"), max_digits=8, decimal_places=2)
    purpose = forms.CharField(label="Purpose", max_length=200, required=False)


class TransferView(SignedFormView):
    """What is signed is what is shown is what is done."""

    action = "transfer"
    form_class = TransferForm
    template_name = "transfers/transfer.html"

    def form_signed(self, form: TransferForm, signature: PasskeySignature) -> HttpResponse:
        Transfer.objects.create(user=self.request.user, signature=signature, **self.statement(form))
        return redirect("transfers")


class TransfersView(LoginRequiredMixin, ListView):
    """Your transfers, each with the verdict on its evidence."""

    template_name = "transfers/transfers.html"

    def get_queryset(self) -> "QuerySet[Transfer]":
        return Transfer.objects.filter(user=self.request.user).select_related("signature")

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        context = super().get_context_data(**kwargs)
        verdicts = [(transfer, verify_signature(transfer.signature)) for transfer in context["object_list"]]
        return {**context, "transfers": verdicts}
