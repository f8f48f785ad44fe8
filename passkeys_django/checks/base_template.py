"""The checks of the templates: of our own, and of the site's PASSKEY_BASE_TEMPLATE."""

from typing import Any

from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.template import Context, Engine, TemplateDoesNotExist, TemplateSyntaxError
from django.template.base import NodeList, Template
from django.template.loader import get_template
from django.template.loader_tags import BlockNode, ExtendsNode

from ..check_ids import BASE_TEMPLATE_UNUSABLE, TEMPLATES_MISSING
from ..conf import passkey_settings


def check_templates(**_kwargs: Any) -> list[CheckMessage]:
    """An engine in TEMPLATES finds our templates. They are written for Django's own engine."""
    try:
        get_template("passkeys_django/passkey_list.html")
    except TemplateDoesNotExist:
        return [_missing()]
    except (ImproperlyConfigured, TemplateSyntaxError):  # Django's own checks report this, or the first page fails
        return []
    return []


def _missing() -> CheckMessage:
    return Warning(
        "No engine in TEMPLATES finds the templates of passkeys_django: its pages and e-mails cannot be rendered. "
        "The JSON endpoints work.",
        hint="Add django.template.backends.django.DjangoTemplates with APP_DIRS to TEMPLATES; Jinja2 may stay "
        "beside it. Silence this check if the site uses neither our pages nor our e-mails.",
        id=TEMPLATES_MISSING,
    )


def check_base_template(**_kwargs: Any) -> list[CheckMessage]:
    """The template exists and has the block that our pages fill."""
    try:
        name = passkey_settings.base_template
        template = Engine.get_default().get_template(name)
    except ImproperlyConfigured:  # another check reports this, or the site uses no Django templates
        return []
    except TemplateDoesNotExist as exc:
        return [_unusable(name, f"there is no template {str(exc)!r}")]
    except TemplateSyntaxError as exc:
        return [_unusable(name, str(exc))]
    return _check_blocks(name, template)


def _check_blocks(name: str, template: Template) -> list[CheckMessage]:
    try:
        blocks = fillable_blocks(template)
    except TemplateDoesNotExist as exc:
        return [_unusable(name, f"there is no template {str(exc)!r}")]
    except TemplateSyntaxError:  # the parent is known only during a request
        return []
    return [] if "content" in blocks else [_unusable(name, "it has no block called content")]


def fillable_blocks(template: Template) -> set[str]:
    """Names of the blocks that a template which extends this one can fill."""
    extension = extension_of(template)
    if extension is None:
        return _named_in(template.nodelist)
    extends, parent = extension
    inherited = fillable_blocks(parent)
    filled = [block.nodelist for name, block in extends.blocks.items() if name in inherited]
    return inherited.union(*map(_named_in, filled))


def extension_of(template: Template) -> tuple[ExtendsNode, Template] | None:
    """The template's `{% extends %}`, and the template that it names."""
    extends = next((node for node in template.nodelist if isinstance(node, ExtendsNode)), None)
    if extends is None:
        return None
    context = Context()
    with context.bind_template(template):
        return extends, extends.get_parent(context)


def _named_in(nodes: NodeList) -> set[str]:
    return {node.name for node in nodes.get_nodes_by_type(BlockNode) if isinstance(node, BlockNode)}


def _unusable(name: str, reason: str) -> CheckMessage:
    return Error(
        f"The passkey pages cannot extend PASSKEY_BASE_TEMPLATE {name!r}: {reason}.",
        hint="Name a template of the site with {% block content %}{% endblock %}, or remove the setting. "
        "docs/templates.md tells which blocks the pages fill.",
        id=BASE_TEMPLATE_UNUSABLE,
    )
