"""Turning a plain admin class into one of django-unfold, without its room knowing."""

from functools import cache
from types import new_class
from typing import Any

from django import forms
from django.contrib.admin import ModelAdmin, StackedInline
from django.forms.widgets import Input
from unfold import admin as unfold
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import BASE_INPUT_CLASSES, SELECT_CLASSES, TEXTAREA_CLASSES

_CLASSES: tuple[tuple[type[forms.Widget], list[str]], ...] = (
    (forms.CheckboxInput, []),
    (forms.FileInput, []),
    (forms.Select, SELECT_CLASSES),
    (forms.Textarea, TEXTAREA_CLASSES),
    (Input, [*BASE_INPUT_CLASSES, "max-w-2xl"]),
)
_OF_USERS = {
    "form": UserChangeForm,
    "add_form": UserCreationForm,
    "change_password_form": AdminPasswordChangeForm,
}


class _DressedFields:
    """Fields that a form declares itself, dressed like those that Django makes from the model."""

    def get_form(self, *args: Any, **kwargs: Any) -> type[forms.ModelForm[Any]]:
        """The form, with the classes that its widgets lack."""
        form: type[forms.ModelForm[Any]] = super().get_form(*args, **kwargs)  # type: ignore[misc]
        for field in form.base_fields.values():
            dress_widget(field.widget)
        return form


def dress_widget(widget: forms.Widget) -> None:
    """Give the widget unfold's classes, unless it has classes of its own."""
    classes = next((names for kind, names in _CLASSES if isinstance(widget, kind)), [])
    if classes and not widget.is_hidden:
        widget.attrs.setdefault("class", " ".join(classes))
    if type(widget) is forms.Select:  # its arrow is drawn beside it
        widget.template_name = "unfold/widgets/select.html"


@cache
def dressed(admin_class: type[Any]) -> type[Any]:
    """The same class, with unfold's behind it: what the class says itself goes before what unfold says."""
    if issubclass(admin_class, unfold.ModelAdmin):
        return admin_class
    body: dict[str, Any] = {"inlines": tuple(map(_dressed_inline, admin_class.inlines))}
    if hasattr(admin_class, "change_password_form"):  # of users; naming its class would register it too early
        body |= _OF_USERS
    body |= {"__doc__": admin_class.__doc__, "__module__": admin_class.__module__}
    bases = (admin_class,) if admin_class is not ModelAdmin else ()
    return new_class(admin_class.__name__, (*bases, _DressedFields, unfold.ModelAdmin), {}, _with(body))


def _dressed_inline(inline: type[Any]) -> type[Any]:
    kind = unfold.StackedInline if issubclass(inline, StackedInline) else unfold.TabularInline
    if issubclass(inline, kind):
        return inline
    body = {"__doc__": inline.__doc__, "__module__": inline.__module__}
    return new_class(inline.__name__, (inline, kind), {}, _with(body))


def _with(body: dict[str, Any]) -> Any:
    return lambda namespace: namespace.update(body)
