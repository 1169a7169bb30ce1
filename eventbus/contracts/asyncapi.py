"""The map of messages as an AsyncAPI 3.0 document: a channel for each kind of stream in the log.

Source: https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from eventbus.contracts.files import published_classes
from eventbus.contracts.mapping import Heard, Speaker
from eventbus.contracts.schemas import components_of
from eventbus.registry import Json

_CONTENT_TYPE = "application/json"


def asyncapi(heard: Sequence[Heard]) -> Json:
    """The document that describes these messages, who sends each and who receives it."""
    wanted = {one.type for one in heard}
    classes = {cls.contract.name: cls for cls in published_classes() if cls.contract.name in wanted}
    pointers, schemas = components_of(list(classes.values()))
    payloads = dict(zip(classes, pointers, strict=True))
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Messages of the event bus",
            "version": "1.0.0",
            "description": "Read from the code. Messages of one channel and one key are delivered in order.",
        },
        "defaultContentType": _CONTENT_TYPE,
        "channels": {key: _channel(key, of_key) for key, of_key in _by_key(heard).items()},
        "operations": dict(sorted(_operations(heard))),
        "components": {
            "messages": {
                one.type: _message(one, classes[one.type].__name__, payloads[one.type]) for one in heard
            },
            "schemas": dict(sorted(schemas.items())),
        },
    }


def _by_key(heard: Iterable[Heard]) -> dict[str, list[Heard]]:
    found: dict[str, list[Heard]] = defaultdict(list)
    for one in heard:
        found[one.key].append(one)
    return dict(sorted(found.items()))


def _channel(key: str, heard: Sequence[Heard]) -> Json:
    return {
        "address": f"{key.removesuffix('_id')}-{{{key}}}",
        "description": f"Everything with one {key}, in the order in which it was committed.",
        "parameters": {key: {"description": f"The message's field {key}."}},
        "messages": {one.type: {"$ref": f"#/components/messages/{one.type}"} for one in heard},
    }


def _message(one: Heard, class_name: str, payload: Json) -> Json:
    return {
        "name": one.type,
        "title": class_name,
        "summary": one.summary,
        "contentType": _CONTENT_TYPE,
        "tags": [{"name": one.kind}, {"name": one.room}],
        "payload": payload,
        "x-version": one.version,
    }


def _operations(heard: Sequence[Heard]) -> Iterable[tuple[str, Json]]:
    said: dict[tuple[str, Speaker, str], list[str]] = defaultdict(list)
    for one in heard:
        for speaker in one.publishers:
            said["send", speaker, one.key].append(one.type)
        for speaker in one.consumers:
            said["receive", speaker, one.key].append(one.type)
    for (action, speaker, key), types in said.items():
        yield (
            f"{speaker.name}.{action}.{key}",
            {
                "action": action,
                "channel": {"$ref": f"#/channels/{key}"},
                "messages": [{"$ref": f"#/channels/{key}/messages/{type}"} for type in types],
                "tags": [{"name": speaker.role}, {"name": speaker.room}],
            },
        )
