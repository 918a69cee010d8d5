"""Every private name of a library that this package uses, with what must hold of it.

A new release of a library may change any of them. `tests/unit/app/libraries/test_names.py` fails by the name then.
"""

from __future__ import annotations

#: The module and the name in it; for a method also the names of its parameters.
PRIVATE_NAMES: dict[str, tuple[str, ...] | None] = {
    "redis.connection:Connection._sock": None,
    "redis._parsers.base:BaseParser.parse_error": ("response",),
    "gevent.socket:socket._sock": None,
    "gevent.pywsgi:Input._do_read": ("self", "length", "use_readline"),
    "gevent.pywsgi:Input._chunked_read": ("self", "length", "use_readline"),
    "gevent.pywsgi:Input._discard": ("self",),
    "gevent.pywsgi:Input._send_100_continue": ("self",),
    "gevent.pywsgi:WSGIHandler._send_error_response_if_possible": ("self", "error_code"),
    "socketio:Server._handle_connect": ("self", "eio_sid", "namespace", "data"),
    "socketio:Server._handle_eio_message": ("self", "eio_sid", "data"),
    "socketio:Server._handle_event": ("self", "eio_sid", "namespace", "id", "data"),
    "socketio:Server._trigger_event": ("self", "event", "namespace", "args"),
    "socketio:Server._engineio_server_class": ("self",),
}

#: Public names that a release could change as quietly: what we override, and what we set.
OVERRIDDEN: dict[str, tuple[str, ...] | None] = {
    "engineio:Server.handle_request": ("self", "environ", "start_response"),
    "engineio:Server.send": ("self", "sid", "data"),
    "engineio:Server.disconnect": ("self", "sid"),
    "gevent.server:StreamServer.get_listener": ("address", "backlog", "family"),
    "gevent.pywsgi:WSGIHandler.__init__": ("self", "sock", "address", "server", "rfile"),
    "gevent.pywsgi:WSGIHandler.read_requestline": ("self",),
    "gevent.pywsgi:WSGIHandler.handle_one_request": ("self",),
    "gevent.pywsgi:WSGIHandler.read_request": ("self", "raw_requestline"),
    "gevent.pywsgi:WSGIHandler.handle_error": ("self", "t", "v", "tb"),
    "gevent.pywsgi:WSGIHandler.get_environ": ("self",),
    "gevent.pywsgi:WSGIHandler.finalize_headers": ("self",),
    "gevent.pywsgi:WSGIHandler.process_result": ("self",),
    "gevent.pywsgi:WSGIHandler.MessageClass": ("self", "args"),
    "gevent.pywsgi:WSGIServer.handle": ("self", "sock", "address"),
    "gevent.server:StreamServer.do_handle": ("self", "args"),
    "gevent.pywsgi:WSGIHandler.log_error": ("self", "msg", "args"),
    "redis:Redis.execute_command": ("self", "args", "options"),
    "socketio:WSGIApp.__call__": ("self", "environ", "start_response"),
}
