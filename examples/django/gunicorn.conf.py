import os

bind = f"127.0.0.1:{os.environ['PORT']}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = 4
preload_app = True
worker_tmp_dir = "/dev/shm"
# Shorter than the service's stopTimeoutSeconds, so that gunicorn ends its workers itself.
graceful_timeout = 25
# The environment's HOME may not be writable, and nobody asks this socket here.
control_socket_disable = True
