# Each target prepares everything it needs by itself: .venv, Postgres, Redis. See config/local/.
PYTHON ?= python3
PORT ?= 8000
ARGS ?=

LOCAL = @command -v $(PYTHON) >/dev/null || { echo "Python is missing: install Python 3.11 or newer (Debian, Ubuntu: apt install python3 python3-venv)." >&2; exit 1; }; \
	PORT=$(PORT) exec $(PYTHON) config/local/bootstrap.py

.PHONY: run test check bench chaos setup stop reset help

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /make \1\t/p' Makefile

run: ## the shop at http://127.0.0.1:8000 (PORT=…), until Ctrl-C
	$(LOCAL) run

test: ## all tests (ARGS=… go to pytest)
	$(LOCAL) test $(ARGS)

check: ## format, lint, types, import rules, migrations
	$(LOCAL) check

bench: ## the benchmarks, as a table
	$(LOCAL) bench $(ARGS)

chaos: ## kill everything while people shop (ARGS="--seconds 60 --seed 7 --report FILE")
	$(LOCAL) chaos $(ARGS)

setup: ## .venv, Postgres and Redis, and nothing else
	$(LOCAL) setup

stop: ## stop the shop and the servers it started
	$(LOCAL) stop

reset: ## wipe the local state, after asking
	$(LOCAL) reset
