class HomeController < ApplicationController
  def show
    @orders = Order.count
  end

  # A request that is under way while its process is replaced.
  def slow
    seconds = [Float(params.fetch(:seconds, "5")), 20].min
    sleep seconds
    render json: { slept: seconds }
  end
end
