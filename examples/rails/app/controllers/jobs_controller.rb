class JobsController < ActionController::API
  def create
    job = ReportJob.perform_later(params.fetch(:seconds, "25").to_i)
    render json: { id: job.job_id }, status: :accepted
  end
end
