"""What a browser may load and do on our pages: strict for shoppers, as loose as it must be for staff."""

from typing import Any

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest
from django.http.response import HttpResponseBase

Directives = dict[str, Any]

_BASE: Directives = {
    "default-src": [SELF],
    "base-uri": [NONE],
    "object-src": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
}
# What Django calls CONTENT_SECURITY_POLICY: neither inline script nor inline style, nothing from elsewhere.
STOREFRONT: Directives = {"DIRECTIVES": _BASE | {"img-src": [SELF, "data:"]}}
# Unfold runs on Alpine, which evaluates what is written in its attributes, and styles by attribute.
STAFF: Directives = _BASE | {
    "script-src": [SELF, UNSAFE_EVAL, UNSAFE_INLINE],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:"],
}
# The browsable API of Django REST framework styles by attribute; its scripts are files.
API: Directives = _BASE | {"style-src": [SELF, UNSAFE_INLINE], "img-src": [SELF, "data:"]}
AREAS = (("/admin/", STAFF), ("/api/v1/", API))

# What a page of a shop never needs, for itself or for anything in it.
_NEVER = ("camera", "microphone", "geolocation", "usb", "serial", "midi", "display-capture")
PERMISSIONS = ", ".join(f"{feature}=()" for feature in _NEVER)


class PolicyMiddleware(CSPMiddleware):
    """django-csp, with a policy of their own for the areas that need one; and what else a browser is told."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Set the policies."""
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return super().process_response(request, response)

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """The area's policy, unless the view has said its own."""
        parts = super().get_policy_parts(request, response, report_only)
        if parts.config is None and not report_only:
            parts.config = next((its for area, its in AREAS if request.path.startswith(area)), None)
        return parts
