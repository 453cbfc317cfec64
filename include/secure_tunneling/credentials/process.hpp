// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CREDENTIALS_PROCESS_HPP
#define SECURE_TUNNELING_CREDENTIALS_PROCESS_HPP

/// @file
/// Credentials that a command prints.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "secure_tunneling/credentials/detail/credentials_document.hpp"
#include "secure_tunneling/credentials/detail/posix_command.hpp"
#include "secure_tunneling/credentials/detail/source_call.hpp"
#include "secure_tunneling/credentials/detail/windows_command.hpp"
#include "secure_tunneling/credentials/process_options.hpp"
#include "secure_tunneling/credentials/profile_source.hpp"

namespace secure_tunneling {
inline namespace v0_2 {

/// Credentials that a command prints as JSON: `credential_process` of a profile. Runs it at each
/// call; put a cache around it.
///
/// The command is run by `/bin/sh -c`, on Windows by `cmd.exe /c`, as most AWS SDKs do (the AWS CLI
/// splits it into words by itself, so that a pipe does not work there). It has no standard input
/// and cannot ask anybody anything, and inherits no descriptor but standard error. What it writes
/// to standard error goes to that of the program and in no error. Its status is not seen where the
/// program ignores SIGCHLD or waits for any child (`waitpid(-1)`).
///
/// For an event loop it is started in one step, and looked at in others with waits of 1 to 20 ms
/// between. Where a search is abandoned, as by a call that is cancelled or out of time, the command
/// is killed with all that it started. One thread at a time.
class ProcessCredentials final : public ProfileSource {
 public:
  /// Runs `command` at each search; empty for the `credential_process` of a profile that a
  /// `ProfileChainCredentials` looks at.
  explicit ProcessCredentials(std::string command = {}, ProcessOptions options = {})
      : command_(std::move(command)), options_(options) {}

  [[nodiscard]] bool isNamedBy(const ProfileView& profile) const override {
    return !profile.value(source).empty();
  }

 private:
  static constexpr std::string_view source = "credential_process";

  /// Runs the command that the program gave.
  Step begin(CredentialsFetch& fetch, const Moment& now) override {
    if (command_.empty()) {
      return fetch.done(
          detail::filledFailure(ErrorKind::NoCredentials, "{}: no command is given", {source}));
    }
    name_ = source;
    return run(command_, fetch, now);
  }
  Step beginFor(const ProfileView& profile, CredentialsFetch& fetch, const Moment& now) override {
    name_ = detail::filled("profile {}: {}", {detail::quoted(profile.name), source});
    std::string command(profile.value(source));
    // It may go on in the lines below, and is one command all the same.
    for (char& c : command) {
      if (c == '\n') c = ' ';
    }
    return run(command, fetch, now);
  }
  Step run(const std::string& command, CredentialsFetch& fetch, const Moment& now) {
    child_.emplace(options_);
    child_->start(command);
    return proceed(fetch, now);
  }
  Step proceed(CredentialsFetch& fetch, const Moment& now) override {
    if (child_->isOver()) return fetch.done(read(fetch.credentials()));
    if (!fetch.mayBlock()) return fetch.wait(child_->pauseMs());
    // In slices: between two of them it is seen whether the call has to end.
    constexpr int sliceMs = 50;
    const std::int64_t leftMs = fetch.exchange().end.leftMs(now);
    child_->wait(leftMs < sliceMs ? static_cast<int>(leftMs) : sliceMs);
    return fetch.wait(0);
  }
  void end() noexcept override {
    child_.reset();
    name_.clear();
  }

  Result<void> read(Credentials& credentials) {
    std::string_view problem = child_->problem();
    if (problem.empty() && detail::trimBlanks(child_->text().expose()).empty()) {
      problem = "it wrote nothing to standard output";
    }
    if (!problem.empty()) {
      return detail::filledFailure(ErrorKind::Credentials, "{}: {}", {name_, problem});
    }
    detail::CredentialsDocument form;
    form.tokenName = "SessionToken";
    form.tokenRequired = false;
    form.version = "1";
    Result<void> read = detail::readCredentials(child_->text(), form, credentials);
    if (!read) return detail::sourceError(name_, read.error());
    return read;
  }

  std::string command_;
  ProcessOptions options_;
  // Of the search that is under way.
  std::string name_;
  std::optional<detail::ChildCommand> child_;
};

}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CREDENTIALS_PROCESS_HPP
