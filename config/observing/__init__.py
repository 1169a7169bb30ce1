"""How the shop is seen: log lines, metrics, traces. Nothing that the shop does depends on any of it.

`vocabulary` is what may be logged, `logs` and `redaction` how; `metrics` and `checkouts` what is counted,
`page` where it is read; `tracing` is loaded only when OpenTelemetry is switched on. Why these: ADR 17.
"""
