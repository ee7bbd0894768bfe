Rails.application.routes.draw do
  get "/up", to: "health#show"
  get "/slow", to: "home#slow"
  post "/jobs", to: "jobs#create"
  root "home#show"
end
