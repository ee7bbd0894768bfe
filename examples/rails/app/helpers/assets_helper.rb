# Where `build` has put an asset: with a hash in its name, as nginx lets browsers keep it for a year.
module AssetsHelper
  def hashed(name)
    asset = Rails.public_path.glob("assets/#{name.sub(".", "-*.")}").first
    "/assets/#{asset.basename}"
  end
end
