"""Where processors call: webhooks are checked, kept and answered at once, and read by a worker."""

from django.http import HttpRequest, HttpResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from payments import services
from payments.errors import NoticeRefused, NoticeTooLarge, NoticeTruncated, NoticeWithoutLength

MOST_BYTES = 262_144


@csrf_exempt
@require_POST
def webhook(request: HttpRequest, provider: str) -> HttpResponse:
    """One request of a processor: 200 when it is kept, now or before; else the sentence that says why not."""
    try:
        body = _body(request)
        answer = services.receive_notices(provider=provider, body=body, headers=request.headers)
    except NoticeRefused as refusal:
        return HttpResponse(str(refusal), status=refusal.status, content_type="text/plain")
    return HttpResponse(answer, content_type="text/plain")


def _body(request: HttpRequest) -> bytes:
    """The raw body; nothing of it is read before its length is known to be right."""
    length = request.headers.get("Content-Length", "")
    if not (length.isascii() and length.isdecimal()):
        raise NoticeWithoutLength
    if int(length) > MOST_BYTES:
        raise NoticeTooLarge(int(length), MOST_BYTES)
    try:
        body = request.body
    except UnreadablePostError:
        body = b""
    if len(body) != int(length):
        raise NoticeTruncated(int(length), len(body))
    return body
