"""The bridge: messages leave for a room that runs as a process of its own, and come in from it.

    EVENTBUS = {
        "BRIDGE": {
            "NAME": "shop",                                          # who we are, towards the others
            "BROKER": "redis://127.0.0.1:6379/3",                    # or amqp://…
            "SEND": {"payments": ["payments.capture_payment"]},      # to whom, which types
            "RECEIVE": ["payments.payment_captured"],                # what we take in; nothing else
            "ELSEWHERE": ["payments"],                               # apps whose consumers run over there
        },
    }

`manage.py bridge` carries both ways, as CloudEvents, over Redis Streams or RabbitMQ.

- *Out*: an ordinary subscription of the bus, `bridge.<name>`: its checkpoint is the outbox. A message is done
  with once the broker has confirmed it, and is sent again where nobody knows; per stream in order.
- *In*: an inbox, unique by (source, id), written in the transaction that appends the message to our log under
  its own id (a UUID v7, else one of ours) and with its own cause. The broker hears of it after the commit;
  what comes again is passed by.
- What came over the bridge is never sent on, so that nothing goes in circles.
- A version that only a newer process can read is parked, what is no message of ours is refused, and either
  holds back the rest of its stream; `manage.py arrivals` shows both, and what a person may decide.
- A function marked `@arriving` runs in the transaction of the inbox: whoever hears the message afterwards
  finds what it has changed.

At least once at both ends, so exactly once in effect. Not here: queries. What must be read at once is kept
as a copy by `@arriving`, or stays with the one who has it.
"""
