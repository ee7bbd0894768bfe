bind "tcp://127.0.0.1:#{ENV.fetch("PORT")}"
environment "production"
threads 1, Integer(ENV.fetch("RAILS_MAX_THREADS", "5"))
workers Integer(ENV.fetch("WEB_CONCURRENCY", "0"))
# Requests under way are answered on SIGTERM; the service's stop waits as long.
force_shutdown_after 25
