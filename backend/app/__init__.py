"""LogiAccounting Pro Realtime: the server.

`create_app()` is the one place where the parts meet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.settings import Settings


def create_app(settings: Settings | None = None) -> Flask:
    """Return the server as a WSGI application; `settings` from the environment if absent.

    Nothing runs yet: the node takes part in the cluster from its first request or connection, or
    from `get_services(app).lifecycle.start()`. Raises SettingsError.
    """
    # Imported here, because gevent must patch the standard library before anything uses it, and any import of this
    # package comes before that.
    from flask import Flask
    from flask_jwt_extended import JWTManager

    from app.api import register_api
    from app.realtime.container import make_services
    from app.realtime.server import init_socketio
    from app.realtime.transport.addresses import BehindProxies, Proxies
    from app.settings import load_settings

    settings = settings or load_settings()
    app = Flask(__name__)
    app.config.update(
        JWT_ALGORITHM=settings.jwt_algorithm,
        JWT_SECRET_KEY=settings.jwt_secret_key.get_secret_value() or None,
        JWT_PUBLIC_KEY=settings.jwt_public_key or None,
    )
    JWTManager(app)
    app.extensions["realtime"] = make_services(settings)
    register_api(app)
    init_socketio(app)
    if settings.proxies:
        app.wsgi_app = BehindProxies(app.wsgi_app, Proxies(settings.proxies))  # type: ignore[method-assign]
    return app
