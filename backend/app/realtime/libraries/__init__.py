"""Everything that reaches into python-engineio, python-socketio, Flask-SocketIO and gevent."""
