require "rails"
require "active_record/railtie"
require "action_controller/railtie"
require "action_view/railtie"
require "active_job/railtie"
require "sidekiq"

module Store
  class Application < Rails::Application
    config.load_defaults 7.2
    config.eager_load = true
    config.secret_key_base = ENV.fetch("SECRET_KEY_BASE")
    config.hosts = ENV.fetch("STORE_HOSTS").split(",")
    # The load balancer ends TLS; the probe has the header of a request that came that way.
    config.assume_ssl = true
    config.active_job.queue_adapter = ENV.key?("REDIS_URL") ? :sidekiq : :async
    # The release's folder is read-only.
    config.logger = ActiveSupport::TaggedLogging.new(ActiveSupport::Logger.new($stdout))
    config.log_level = :warn
    config.paths["tmp"] = ENV.fetch("TMPDIR", "/tmp")
    config.cache_store = :memory_store
    config.active_record.dump_schema_after_migration = false
  end
end
