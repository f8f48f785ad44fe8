"""The tag that this app's templates use. Django imports this folder by its name, even where Wagtail is missing."""
