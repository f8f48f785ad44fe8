"""Sign-up forms and backends as sites have them."""

from django import forms

from passkeys_django.backends import PasskeyBackend
from passkeys_django.signup.forms import PasskeySignupForm


class WithAddress(PasskeySignupForm):
    class Meta(PasskeySignupForm.Meta):
        fields = tuple({*PasskeySignupForm.Meta.fields, "email"})


class Invited(PasskeySignupForm):
    invitation = forms.CharField()
    agreed = forms.BooleanField()
    colours = forms.MultipleChoiceField(choices=[("red", "Red"), ("green", "Green")])

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("invitation") != "right":
            raise forms.ValidationError("This invitation is not known.")
        return cleaned

    def save(self, commit=True):
        self.instance.is_staff = self.cleaned_data["colours"] == ["red", "green"]
        return super().save(commit)


class WithCaptcha(PasskeySignupForm):
    captcha = forms.CharField()
    solved = []

    def clean_captcha(self):
        answer = self.cleaned_data["captcha"]
        if not self.is_final:
            assert self.request.path == "/passkeys/start-signup"
            self.solved.append(answer)
        assert self.solved == ["right"]
        return answer


class Talkative(PasskeySignupForm):
    story = forms.CharField()


class Campaign(PasskeySignupForm):
    source = forms.CharField(widget=forms.HiddenInput, initial="poster")


class OwnBackend(PasskeyBackend):
    pass


class CautiousBackend(PasskeyBackend):
    def user_can_authenticate(self, user):
        return False
