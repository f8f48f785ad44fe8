"""What people have signed and the site has done."""

from django.conf import settings
from django.db import models

from passkeys_django.models import PasskeySignature


class Transfer(models.Model):
    """Some pretended money on its way. `signature` is the evidence that the user wanted this transfer."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="transfers")
    to = models.CharField(max_length=100)
    amount = models.DecimalField(max_digits=8, decimal_places=2)
    purpose = models.CharField(max_length=200, blank=True)
    signature = models.OneToOneField(PasskeySignature, on_delete=models.PROTECT, related_name="transfer")

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.amount} to {self.to}"
