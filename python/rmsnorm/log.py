# Part of the RMSNorm project, under the Apache License v2.0 with LLVM
# Exceptions. See LICENSE for license information.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The package's logger and that of the runtime.

``RMSNORM_LOG`` sets the level of both: ``debug``, ``info``, ``warning`` (the default),
``error`` or ``off``. Loggers ``rmsnorm`` and ``rmsnorm.runtime`` of Python's ``logging``.
"""

import logging
import os

logger = logging.getLogger("rmsnorm")
_runtime = logging.getLogger("rmsnorm.runtime")
_LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
    "off": logging.CRITICAL + 1,
}
# By number of rmsn_log_level.
_RUNTIME_LEVELS = (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR)
_said: set[str] = set()


def _set_level() -> None:
    given = os.environ.get("RMSNORM_LOG", "").strip().lower()
    if not given:
        return
    level = _LEVELS.get(given)
    if level is None:
        logger.warning("RMSNORM_LOG: given %r, expected one of %s", given, ", ".join(_LEVELS))
        return
    logger.setLevel(level)
    if not logging.getLogger().handlers and not logger.handlers:
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(name)s: %(levelname)s: %(message)s"))
        logger.addHandler(handler)


def runtime_log(level: int, message: str) -> None:
    """Takes a message of the runtime; ``level`` is its ``rmsn_log_level``."""
    _runtime.log(_RUNTIME_LEVELS[min(max(level, 0), 3)], "%s", message)


def warn_once(message: str, subject: str | None = None) -> None:
    """Logs a warning, the first time only; only one of those about the same subject."""
    if (subject or message) not in _said:
        _said.add(subject or message)
        logger.warning("%s", message)


_set_level()
