"""The process of one system: does what it is told, a line of JSON at a time, and answers with one.

{"call": "effects.delivery", "arguments": {"messages": 1000}} -> {"result": …} or {"error": "…"}

A call names a function of a module beside this one, or of any module of the tests by its whole path.
"""

import json
import os
import sys
import traceback
from importlib import import_module
from typing import Any, TextIO

import django


def main() -> None:
    """Answer until the input ends. What libraries print goes to the log, not between the answers."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    django.setup()
    for line in sys.stdin:
        _answer(json.loads(line), answers)


def _answer(request: dict[str, Any], answers: TextIO) -> None:
    module, _, name = request["call"].rpartition(".")
    home = module if module.startswith("tests.") else f"tests.benchmarks.systems.{module}"
    try:
        function = getattr(import_module(home), name)
        answer = {"result": function(**request["arguments"])}
    except Exception as error:  # whatever a system does is part of the report
        traceback.print_exc()
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
