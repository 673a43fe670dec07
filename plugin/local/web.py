"""The web server of an installation: granian in front of plugin.app, behind whatever terminates TLS."""

from flask import Flask
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from plugin import app
from plugin.db import schema, session
from plugin.local import processes
from plugin.operations import tallies

# Slow bodies hold a thread each: enough of them keep the door open for the others.
THREADS = 32


def serve() -> None:
    """Bring the tables up to date and serve until told to stop; a SIGTERM loses no request."""
    settings = app.start()
    schema.upgrade(session.engine())
    session.engine().dispose()
    Server(
        "plugin.local.web:application",
        factory=True,
        address=settings.web_host,
        port=settings.web_port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=30,
        log_level=LogLevels.warning,
    ).serve()


def application() -> Flask:
    """What each of the server's worker processes runs: it must not outlive a killed server and keep the port."""
    processes.end_with_parent()
    tallies.keep()
    return app.create_app()
