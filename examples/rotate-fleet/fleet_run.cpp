// SPDX-License-Identifier: BSL-1.0
#include "fleet_run.hpp"

#include "fleet_options.hpp"
#include "output.hpp"
#include "text.hpp"

using secure_tunneling::Delivery;
using secure_tunneling::Error;
using secure_tunneling::ErrorKind;
using secure_tunneling::Result;
using secure_tunneling::RotateResult;

void sayForFleet(const std::string& text) {
  tellOnStandardError(std::string(fleetName) + ": " + text);
}

void FleetRun::say(const std::string& text) {
  bar_.clear();
  sayForFleet(text);
}

bool FleetRun::onBegin(std::size_t index) {
  if (stopped_ || !canWrite_) return false;
  const Result<void> written = file_.begin(requests_[index]);
  if (!written) {
    say(written.error().message + "; no further call begins");
    canWrite_ = false;
  }
  hasBegun_[index] = canWrite_;
  return canWrite_;
}

void FleetRun::onResult(std::size_t index, const RotateResult& result) {
  constexpr std::size_t mostSaid = 20;
  const auto& request = requests_[index];
  // One that did not begin has no line, and one that did is under way by the one it has.
  const bool isOwn = hasBegun_[index];
  const Result<void> written = isOwn ? file_.end(request, result) : Result<void>();
  if (!written) {
    canWrite_ = false;
    say("tunnel " + request.tunnelId + ": " + written.error().message +
        (result ? "; its new tokens are lost, start again to have others" : ""));
  }
  if (result && written) {
    ++kept_;
  } else if (isOwn) {
    ++failed_;
  } else {
    ++notBegun_;
  }
  if (!result && (isOwn || notBegun_ == 1)) {
    const Error& error = result.error();
    lacksCredentials_ = lacksCredentials_ || error.kind == ErrorKind::NoCredentials;
    if (++said_ <= mostSaid) {
      const std::string code = error.code.empty() ? "" : visible(error.code) + ": ";
      const bool mayBeGone = error.delivery == Delivery::Unknown;
      say("tunnel " + request.tunnelId + ": " + code + visible(error.message) +
          (mayBeGone ? " (its old tokens may be revoked already)" : ""));
    } else if (said_ == mostSaid + 1) {
      say("further failures are in the results file");
    }
  }
  bar_.show(kept_ + failed_ + notBegun_, failed_);
}

std::string FleetRun::summary(std::size_t before) const {
  std::string text = std::to_string(kept_) + " rotated";
  if (before != 0) text += ", " + std::to_string(before) + " rotated before";
  if (failed_ != 0) text += ", " + std::to_string(failed_) + " failed";
  if (notBegun_ != 0) text += ", " + std::to_string(notBegun_) + " not begun";
  const std::size_t all = requests_.size() + before;
  return std::to_string(all) + (all == 1 ? " tunnel: " : " tunnels: ") + text;
}
