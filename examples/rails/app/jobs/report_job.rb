# A job that takes as long as it is told: the release rolls meanwhile.
class ReportJob < ActiveJob::Base
  queue_as :default

  def perform(seconds)
    started = Time.now
    Rails.logger.warn("report #{job_id} begins")
    sleep seconds
    Rails.logger.warn("report #{job_id} is done after #{(Time.now - started).round} s")
  end
end
