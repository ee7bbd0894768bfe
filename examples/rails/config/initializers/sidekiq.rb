# The unit's `ready: "notify"`: the worker is ready when it has found Redis and takes jobs.
Sidekiq.configure_server do |config|
  config.on(:startup) { Sidekiq::SdNotify.ready }
  config.on(:shutdown) { Sidekiq::SdNotify.stopping }
end
