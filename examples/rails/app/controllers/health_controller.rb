# Answers the probe without the database, and names the release.
class HealthController < ActionController::API
  def show
    response.set_header("Shoestring-Release", ENV["SHOESTRING_RELEASE"].to_s)
    head :ok
  end
end
