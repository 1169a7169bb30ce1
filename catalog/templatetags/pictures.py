"""Pictures in templates: `<img src="{{ line.picture|picture_url }}">`."""

from django import template

from catalog import queries

register = template.Library()


@register.filter
def picture_url(path: str) -> str:
    """The address of a picture in its full size."""
    return queries.picture_url(path)


@register.filter
def small_picture_url(path: str) -> str:
    """The address of a picture in the size of a shelf or a line."""
    return queries.picture_url(path, small=True)
