"""Every name that may stand in the log, and every key. What is not here is not written.

docs/operate/logs.md explains the same names to whoever reads the log; a test compares them, and looks through
the code for others.
"""

EVENTS = {
    # requests (django-structlog)
    "request_started": "A request has come in.",
    "request_finished": "It was answered.",
    "request_failed": "It ended in an error of ours; the client got a 500.",
    "streaming_started": "An answer is being sent piece by piece.",
    "streaming_finished": "Its last piece was sent.",
    "streaming_failed": "It broke off.",
    # messages
    "message_published": "A message was committed to the log.",
    "message_handled": "A subscription has taken a message.",
    "message_failed": "A subscription could not take a message; `outcome` says what becomes of it.",
    "breaker_opened": "A dependency failed several times in a row: nothing is sent its way for a while.",
    "breaker_closed": "The dependency answers again.",
    # the bus
    "relay_leads": "This relay watches the log from now on.",
    "database_awaited": "The relay cannot reach the database and tries again.",
    "broker_unreachable": "The relay cannot wake workers; messages wait in the log.",
    "delivery_crashed": "A delivery ended in an error that is no handler's; it is tried again.",
    "delivery_refused": "The log belongs to another Postgres cluster; nothing is delivered.",
    "projection_withheld": "A new projection cannot start while a part of the log is archived.",
    "partition_awaited": "Somebody locks the log; its next partition is made as soon as that is over.",
    "timeout_unreadable": "A saga's timeout is of code that this process does not have; newer code fires it.",
    "subscription_unknown": "A wake-up for a subscription that this process does not have.",
    # the bridge to other databases
    "bridge_sends": "It sends to these peers from now on.",
    "bridge_receives": "It receives under this name from now on.",
    "bridge_carried": "How many messages it has sent and received so far.",
    "bridge_stopped": "It has ended; how many it sent and received.",
    "bridge_waits": "The broker or the database does not answer; it tries again.",
    "bridge_held_back": "A message from elsewhere cannot be taken in yet, or ever; `outcome` says which.",
    "bridge_forgets": "The broker loses what it has confirmed when it dies.",
    # tasks (django-structlog)
    "task_enqueued": "A wake-up was given to the broker.",
    "task_started": "A worker has begun with it.",
    "task_succeeded": "It is done.",
    "task_failed": "It ended in an error.",
    "task_retrying": "It is tried again.",
    "task_revoked": "It was called off.",
    "task_not_found": "No worker here knows it.",
    "task_rejected": "A worker could not read it.",
    # the shop
    "hold_not_freed": "A hold has run out, and its goods cannot be freed: the counters are broken.",
    "limits_counted_alone": "Redis is away: each process counts the API's limits for itself.",
    "parcels_not_followed": "The carrier cannot be asked where parcels are.",
    "experiment_not_begun": "An experiment of the lab could not be begun.",
    "experiment_failed": "An experiment of the lab went wrong.",
    # everybody else
    "library_message": "What Django, Celery or another library said, in `said`.",
}

KEYS = {
    "timestamp": "when, UTC",
    "level": "debug, info, warning, error, critical",
    "logger": "which module said it",
    "event": "the name",
    "said": "a library's own words",
    "reason": "why, in a sentence",
    "error": "what was raised",
    "exception": "the traceback",
    "request_id": "the client's X-Request-ID, else the correlation id",
    "correlation_id": "the story: one HTTP request and all that it caused",
    "trace_id": "the trace, where one was begun",
    "request": "method and route; never the path, which may open an order",
    "code": "the answer's status",
    "message_id": "the message's id",
    "message_type": "its name on the wire",
    "position": "its place in the log",
    "subscription": "who takes it",
    "attempt": "the how manieth time",
    "outcome": "done, retry, dependency_down, unknown, dead",
    "batch": "how many messages were handled together; their duration is that of all",
    "duration_ms": "how long it took",
    "dependency": "whom a breaker stands for",
    "peers": "who is at the other end of a bridge",
    "sent": "how many messages",
    "received": "how many messages",
    "experiment": "which of the lab's",
    "order_id": "the order",
    "task": "the Celery task",
    "task_id": "its id",
    "child_task_id": "the id of the task that was enqueued",
    "child_task_name": "its name",
    "routing_key": "its queue",
}
