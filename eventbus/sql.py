"""The hot statements of the bus."""

from eventbus.partitions import LAST_POSITION

ENVELOPE = """position, type, version, data::text, id, stream, revision,
    correlation_id, causation_id, occurred_at::text, headers::text"""

# Publish: one row per message.
APPEND = """
INSERT INTO eventbus_message (id, kind, type, version, stream, revision, shard, data, headers,
                              correlation_id, causation_id, occurred_at)
VALUES (%(id)s, %(kind)s, %(type)s, %(version)s, %(stream)s, %(revision)s, %(shard)s, %(data)s, %(headers)s,
        %(correlation_id)s, %(causation_id)s, %(occurred_at)s)"""

# Publish at a revision: the stream's row moves on from the one before or nothing is appended. A rival
# waits at that row for our commit, and then finds the revision taken.
APPEND_REVISION = """
WITH head AS (
    INSERT INTO eventbus_stream AS head (stream, revision)
    SELECT %(stream)s::text, %(revision)s::int
    WHERE %(revision)s::int = 1 OR EXISTS (SELECT FROM eventbus_stream WHERE stream = %(stream)s::text)
    ON CONFLICT (stream) DO UPDATE SET revision = EXCLUDED.revision
        WHERE head.revision = EXCLUDED.revision - 1
    RETURNING stream)
INSERT INTO eventbus_message (id, kind, type, version, stream, revision, shard, data, headers,
                              correlation_id, causation_id, occurred_at)
SELECT %(id)s::uuid, %(kind)s, %(type)s, %(version)s, stream, %(revision)s::int, %(shard)s, %(data)s::jsonb,
       %(headers)s::jsonb, %(correlation_id)s::uuid, %(causation_id)s::uuid, %(occurred_at)s::timestamptz
FROM head"""

# One event-sourced stream, up to a moment.
READ_STREAM = f"""
SELECT {ENVELOPE} FROM eventbus_message
WHERE stream = %(stream)s AND revision IS NOT NULL AND revision > %(after)s
  AND (%(until)s::timestamptz IS NULL OR occurred_at <= %(until)s::timestamptz)
ORDER BY revision"""

READ_POSITIONS = f"SELECT {ENVELOPE} FROM eventbus_message WHERE position = ANY(%s) ORDER BY position"

# `position + 0` keeps the planner from walking the primary key until it meets the stream.
STORY_OF_STREAM = """
SELECT correlation_id FROM eventbus_message WHERE stream = %s ORDER BY position + 0 DESC LIMIT 1"""

# How many revisions of a stream are no longer in the log.
MISSING_REVISIONS = """
SELECT head.revision - %(after)s - (SELECT count(*) FROM eventbus_message AS m
                                    WHERE m.stream = head.stream AND m.revision > %(after)s)
FROM eventbus_stream AS head WHERE head.stream = %(stream)s"""

# What is settled, and whether all of its transactions have ended. A log that was emptied begins again at 1.
SETTLED = f"LEFT JOIN eventbus_cluster AS settled ON settled.settled_position <= {LAST_POSITION}"
_SETTLED_COLUMNS = """settled.settled_position, settled.settled_xid::text,
       settled.settled_xid <= pg_snapshot_xmin(pg_current_snapshot())"""
NOW_SETTLED = f"SELECT {_SETTLED_COLUMNS} FROM (SELECT) AS now {SETTLED}"

# A lane's row, found from the end of the index: beside a transaction that sits idle every version that a save
# has replaced stays, and the newest stands last. A range where one number is meant, because an order by what
# is known to be equal would be left out.
_NEWEST_OF_LANE = "shard BETWEEN {0} AND {0} ORDER BY shard DESC LIMIT 1"

# Take a lane: whoever holds its checkpoint's row delivers it. A dead worker's lock dies with it. A paused one
# is not to be had.
# Then, in the same round trip but with a snapshot of its own, which is never older than the checkpoint just
# read: what is visible now, the last position given out, whether anything was set aside, and what is settled.
CLAIM_LANE = f"""
SELECT ctid::text, seen::text, "window"::text, position, types,
       (SELECT max(shard) + 1 FROM eventbus_checkpoint AS lane WHERE lane.subscription = %(subscription)s)
FROM eventbus_checkpoint
WHERE subscription = %(subscription)s
  AND NOT EXISTS (SELECT FROM eventbus_pause WHERE eventbus_pause.subscription = %(subscription)s)
  AND {_NEWEST_OF_LANE.format("%(shard)s")}
FOR UPDATE SKIP LOCKED;
SELECT pg_current_snapshot()::text, pg_current_xact_id_if_assigned()::text, {LAST_POSITION},
       EXISTS (SELECT FROM eventbus_delivery WHERE subscription = %(subscription)s), {_SETTLED_COLUMNS}
FROM (SELECT) AS now {SETTLED}"""

# The row that was claimed, which nobody else can have moved, at its place: by its id it would have to be told
# from the versions before it.
SAVE_LANE = """
UPDATE eventbus_checkpoint SET seen = %s::pg_snapshot, "window" = %s::pg_snapshot, position = %s,
       delivered = delivered + %s, updated_at = now() WHERE ctid = %s::text::tid"""

# Also the id of this transaction, which Postgres leaves out of its own snapshot.
NOW_VISIBLE = "SELECT pg_current_snapshot()::text, pg_current_xact_id_if_assigned()::text"

# A look for news probes the index on xid, in each partition from the floor on. Every other way is barred to
# the planner: it knows nothing yet of the newest partition, or of a type new in it, and keeps the plan that
# it has made for an empty one. `>= ALL` leaves older partitions out, but is no use to the primary key;
# `type || ''` keeps it from walking all messages of the types; an upper bound makes few of "from then on".
_FROM_FLOOR = "position >= ALL(ARRAY[%(floor)s::bigint])"
_FROM_RUNNING_FLOOR = "position >= ALL(ARRAY[%(running_floor)s::bigint])"

# Always true, but not to be asked in parallel: to start processes for a look takes a hundred times as long.
ALONE = "pg_current_xact_id_if_assigned() IS DISTINCT FROM '0'::xid8"

# The first batch of a window. `position + 0` keeps the planner from walking the primary key to find the few
# new rows in order.
FIRST_IN_WINDOW = f"""
SELECT {ENVELOPE} FROM (
    SELECT * FROM eventbus_message
    WHERE {_FROM_FLOOR} AND xid >= %(next)s::text::xid8
      AND xid < pg_snapshot_xmax(%(window)s::text::pg_snapshot)
    UNION ALL
    SELECT * FROM eventbus_message WHERE {_FROM_RUNNING_FLOOR} AND xid = ANY(%(running)s::text[]::xid8[])
) AS new
WHERE pg_visible_in_snapshot(xid, %(window)s::text::pg_snapshot)
  AND type || '' = ANY(%(types)s::text[]) AND shard %% %(shards)s = %(shard)s AND {ALONE}
ORDER BY position + 0 LIMIT %(limit)s"""

# The rest of a window larger than a batch is walked along the primary key, a stretch at a time: linear
# however large it is. The planner cannot guess how much a snapshot sees, so the stretch is bounded before.
STRETCH = """
SELECT coalesce(max(position), 0), count(*) FROM (
    SELECT position FROM eventbus_message WHERE position > %s ORDER BY position LIMIT %s) AS stretch"""

NEXT_IN_WINDOW = f"""
SELECT {ENVELOPE} FROM eventbus_message
WHERE position > %(position)s AND position <= %(end)s
  AND pg_visible_in_snapshot(xid, %(window)s::text::pg_snapshot)
  AND NOT pg_visible_in_snapshot(xid, %(seen)s::text::pg_snapshot)
  AND type = ANY(%(types)s::text[]) AND shard %% %(shards)s = %(shard)s AND {ALONE}
ORDER BY position"""

# What is kept for later, given as a JSON array of rows: messages that were set aside, sagas and their timers.
SET_ASIDE = """
INSERT INTO eventbus_delivery (subscription, message_id, stream, shard, state, attempts, outages, due_at,
                               error)
SELECT subscription, message_id, stream, shard, state, attempts, outages, due_at, error
FROM json_populate_recordset(NULL::eventbus_delivery, %s)"""
SAVE_SAGAS = """
INSERT INTO eventbus_sagastate (saga, key, status, undos, updated_at)
SELECT saga, key, status, undos, updated_at FROM json_populate_recordset(NULL::eventbus_sagastate, %s)
ON CONFLICT (saga, key) DO UPDATE
SET status = EXCLUDED.status, undos = EXCLUDED.undos, updated_at = EXCLUDED.updated_at"""
SET_TIMERS = """
INSERT INTO eventbus_timer (saga, key, due_at, type, version, data, cause)
SELECT saga, key, due_at, type, version, data, cause FROM json_populate_recordset(NULL::eventbus_timer, %s)"""

# What a watcher needs of new messages: which lanes they wake; and up to where it has looked.
NEW_KINDS = f"""
SELECT {_SETTLED_COLUMNS}, now.seen::text, new.type, new.shard
FROM (SELECT pg_current_snapshot() AS seen) AS now {SETTLED} LEFT JOIN LATERAL (
    SELECT type, shard FROM eventbus_message
    WHERE {_FROM_FLOOR} AND xid >= %(next)s::text::xid8 AND xid < pg_snapshot_xmax(now.seen)
      AND pg_visible_in_snapshot(xid, now.seen)
    UNION
    SELECT type, shard FROM eventbus_message
    WHERE {_FROM_RUNNING_FLOOR} AND xid = ANY(%(running)s::text[]::xid8[])
      AND pg_visible_in_snapshot(xid, now.seen)
) AS new ON true"""

# Which lanes have something to read. One that many messages have passed counts too: reading nothing, it still
# moves up, so that the next look does not pass over them again; and so does one that has not seen all that is
# settled: for the others nothing unread lies below the floors.
LANES_BEHIND = f"""
SELECT c.subscription, c.shard FROM json_to_recordset(%(lanes)s) AS lane (name text, shard int, shards int)
CROSS JOIN LATERAL (
    SELECT * FROM eventbus_checkpoint
    WHERE subscription = lane.name AND {_NEWEST_OF_LANE.format("lane.shard")}) AS c
WHERE NOT EXISTS (SELECT FROM eventbus_pause AS p WHERE p.subscription = c.subscription) AND (
   c."window" IS NOT NULL
   OR (SELECT {LAST_POSITION}) - c.position > %(stale)s
   OR pg_snapshot_xmax(c.seen) < %(settled)s::text::xid8
   OR %(ended)s AND pg_snapshot_xmin(c.seen) < %(settled)s::text::xid8
   OR EXISTS (SELECT 1 FROM eventbus_message AS m
              WHERE m.{_FROM_FLOOR} AND m.xid >= pg_snapshot_xmax(c.seen)
                AND m.xid < pg_snapshot_xmax(pg_current_snapshot())
                AND m.type || '' = ANY(c.types) AND m.shard %% lane.shards = lane.shard)
   OR EXISTS (SELECT 1 FROM eventbus_message AS m
              WHERE m.{_FROM_RUNNING_FLOOR} AND m.xid = ANY(ARRAY(SELECT pg_snapshot_xip(c.seen)))
                AND m.type || '' = ANY(c.types) AND m.shard %% lane.shards = lane.shard))"""

# The locks of pg_locks, as l, that are held on one number: a relay's lead, a rebuild, a bridge's receiver.
HELD_LOCKS = """
l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND (l.classid::bigint << 32) + l.objid::bigint = %s"""

# A delivery may run when it is due and is the first of its stream. The long queue behind one that may not run
# is passed over by its stream's name.
FIRST_OF_STREAM = """(
    SELECT min(first.message_id) FROM eventbus_delivery AS first
    WHERE first.subscription = {0}.subscription AND first.stream = {0}.stream)"""

HELD_STREAMS = f"""(
    SELECT held.stream FROM eventbus_delivery AS held
    WHERE held.subscription = {{0}} AND held.state = 'dead'
      AND held.message_id = {FIRST_OF_STREAM.format("held")}
    UNION ALL
    SELECT held.stream FROM eventbus_delivery AS held
    WHERE held.subscription = {{0}} AND held.state <> 'dead' AND held.due_at > %(now)s
      AND held.message_id = {FIRST_OF_STREAM.format("held")})"""

MAY_RUN = f"""
NOT %(ordered)s OR (
    d.stream NOT IN {HELD_STREAMS.format("%(subscription)s")}
    AND d.message_id = {FIRST_OF_STREAM.format("d")})"""

DUE = f"""
SELECT d.id, d.attempts, d.outages, {", ".join("m." + column.strip() for column in ENVELOPE.split(","))}
FROM eventbus_delivery AS d JOIN eventbus_message AS m ON m.position = d.message_id
WHERE d.subscription = %(subscription)s AND d.state <> 'dead' AND d.due_at <= %(now)s
  AND d.shard %% %(shards)s = %(shard)s AND ({MAY_RUN})
ORDER BY d.due_at, d.message_id LIMIT 1"""

# Claim one external delivery: the attempt is counted here, so that a crash counts too. An open breaker leaves
# nothing to claim. One whose time is over goes to a single claim, the probe: a rival waits at the breaker's
# row for our commit, and then finds its time extended.
CLAIM_DELIVERY = f"""
WITH breaker AS (
    SELECT failures, open_until FROM eventbus_breaker WHERE dependency = %(dependency)s),
due AS (
    SELECT d.id FROM eventbus_delivery AS d
    WHERE d.subscription = %(subscription)s AND d.state <> 'dead' AND d.due_at <= %(now)s
      AND NOT EXISTS (SELECT FROM breaker WHERE open_until > %(now)s)
      AND NOT EXISTS (SELECT FROM eventbus_pause AS p WHERE p.subscription = %(subscription)s)
      AND ({MAY_RUN})
    ORDER BY d.due_at, d.message_id LIMIT 1 FOR UPDATE SKIP LOCKED),
probe AS (
    UPDATE eventbus_breaker SET open_until = %(lease_until)s
    WHERE dependency = %(dependency)s AND open_until <= %(now)s AND EXISTS (SELECT FROM due)
    RETURNING dependency)
UPDATE eventbus_delivery AS d
SET state = 'claimed', token = %(token)s, due_at = %(lease_until)s, attempts = d.attempts + 1
FROM eventbus_message AS m
WHERE d.id = (SELECT id FROM due) AND m.position = d.message_id
  AND (EXISTS (SELECT FROM probe) OR NOT EXISTS (SELECT FROM breaker WHERE open_until IS NOT NULL))
RETURNING d.id, d.attempts, d.outages, coalesce((SELECT failures FROM breaker), 0),
    EXISTS (SELECT FROM probe), {", ".join("m." + column.strip() for column in ENVELOPE.split(","))}"""

# End a delivery that is still ours. Planned anew each time: a plan made for a short queue reads all of a long
# one.
END_DELIVERY = "DELETE FROM eventbus_delivery WHERE id = %s AND token = %s"

# Which lanes have a delivery that may run now.
LANES_DUE = f"""
SELECT lane.name, lane.shard FROM json_to_recordset(%(lanes)s)
    AS lane (name text, shard int, shards int, ordered bool, dependency text)
CROSS JOIN LATERAL (
    WITH held AS MATERIALIZED {HELD_STREAMS.format("lane.name")}
    SELECT FROM eventbus_delivery AS d
    WHERE d.subscription = lane.name AND d.state <> 'dead' AND d.due_at <= %(now)s
      AND d.shard %% lane.shards = lane.shard
      AND (NOT lane.ordered OR (
        d.stream NOT IN (SELECT stream FROM held) AND d.message_id = {FIRST_OF_STREAM.format("d")}))
    ORDER BY d.due_at, d.message_id LIMIT 1) AS due
WHERE NOT EXISTS (
    SELECT FROM eventbus_breaker AS b WHERE b.dependency = lane.dependency AND b.open_until > %(now)s)
  AND NOT EXISTS (SELECT FROM eventbus_pause AS p WHERE p.subscription = lane.name)"""

BLOCKED_STREAMS = """
SELECT DISTINCT stream FROM eventbus_delivery WHERE subscription = %s AND stream = ANY(%s)"""
