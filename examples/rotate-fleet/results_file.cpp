// SPDX-License-Identifier: BSL-1.0
#include "results_file.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>

#include "secure_tunneling/secret.hpp"
#include "text.hpp"

using secure_tunneling::Delivery;
using secure_tunneling::Error;
using secure_tunneling::ErrorKind;
using secure_tunneling::makeError;
using secure_tunneling::Result;
using secure_tunneling::RotateTunnelAccessTokenRequest;
using secure_tunneling::RotateTunnelAccessTokenResponse;
using secure_tunneling::Secret;

namespace {

constexpr std::string_view beginning = R"({"state":")";
constexpr std::string_view begun = "begun";
constexpr std::string_view rotated = "rotated";
constexpr std::string_view failed = "failed";

std::string keyOf(std::string_view tunnelId, std::string_view mode) {
  return std::string(tunnelId) + ' ' + std::string(mode);
}

/// A text as JSON. What is not in ASCII stays as it is.
void appendQuoted(Secret& line, std::string_view text) {
  line.append("\"");
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20 || code == 0x7f) {
      char escaped[8];
      std::snprintf(escaped, sizeof escaped, "\\u%04x", unsigned{code});
      line.append(escaped);
      continue;
    }
    if (c == '"' || c == '\\') line.append("\\");
    line.append({&c, 1});
  }
  line.append("\"");
}
void appendMember(Secret& line, std::string_view name, std::string_view text) {
  line.append(",\"");
  line.append(name);
  line.append("\":");
  appendQuoted(line, text);
}

std::string now() {
  char text[32];
  const std::time_t time = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&time, &parts);
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text;
}

/// The beginning of a line, up to what all of them have: state, tunnel, mode and time.
Secret lineOf(std::string_view state, const RotateTunnelAccessTokenRequest& request) {
  constexpr std::size_t usual = 2048;
  Secret line;
  line.reserve(usual);
  line.append(beginning);
  line.append(state);
  line.append("\"");
  appendMember(line, "tunnelId", request.tunnelId);
  appendMember(line, "clientMode", request.clientMode.name());
  appendMember(line, "time", now());
  return line;
}

/// Takes `text` off the front of `rest`; false where it is not there.
bool take(std::string_view& rest, std::string_view text) {
  if (rest.substr(0, text.size()) != text) return false;
  rest.remove_prefix(text.size());
  return true;
}
/// Takes a text without escapes, up to its quotation mark; null where there is none.
std::optional<std::string_view> takeText(std::string_view& rest) {
  const std::size_t end = rest.find('"');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view text = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return text;
}

struct Line {
  Known known = Known::Nothing;
  std::string key;
};

/// Whether a line of this program is there to its end, whatever the texts in it look like.
bool isWhole(std::string_view line) {
  bool isInText = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (isInText && line[i] == '\\') {
      ++i;
    } else if (line[i] == '"') {
      isInText = !isInText;
    }
  }
  return !line.empty() && line.back() == '}' && !isInText;
}
/// Whether this can be what an end of the program, or of the power, left of a line.
bool isTorn(std::string_view line) {
  const std::size_t size = line.size() < beginning.size() ? line.size() : beginning.size();
  return line.find_first_not_of('\0') == std::string_view::npos ||
         (!isWhole(line) && line.substr(0, size) == beginning.substr(0, size));
}

/// Reads a line as `lineOf` begins it: ids and modes have nothing in them that JSON escapes.
std::optional<Line> parseLine(std::string_view text) {
  if (!isWhole(text) || !take(text, beginning)) return std::nullopt;
  Line line;
  const auto state = takeText(text);
  if (!state) return std::nullopt;
  if (*state == begun) line.known = Known::Begun;
  if (*state == rotated) line.known = Known::Rotated;
  if (*state == failed) line.known = Known::Failed;
  if (line.known == Known::Nothing || !take(text, R"(,"tunnelId":")")) return std::nullopt;
  const auto id = takeText(text);
  if (!id || !take(text, R"(,"clientMode":")")) return std::nullopt;
  const auto mode = takeText(text);
  if (!mode) return std::nullopt;
  line.key = keyOf(*id, *mode);
  return line;
}

const char* nameOf(Delivery delivery) {
  switch (delivery) {
    case Delivery::NotSent:
      return "not sent";
    case Delivery::Unknown:
      return "unknown";
    case Delivery::Answered:
      break;
  }
  return "answered";
}

/// Has the name of a file on the disk, too, where that is: a link may lead to it.
bool syncFolderOf(const std::string& path) {
  char* const real = realpath(path.c_str(), nullptr);
  if (real == nullptr) return false;
  std::string folder(real);
  std::free(real);
  folder.resize(folder.rfind('/') + 1);
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor == -1) return false;
  // Some file systems cannot, and need not.
  const bool isDone = fsync(descriptor) == 0 || errno == EINVAL;
  ::close(descriptor);
  return isDone;
}

/// Whether it could be written, whole.
bool writeAt(int descriptor, std::string_view text, std::int64_t at) {
  while (!text.empty()) {
    const ssize_t written = pwrite(descriptor, text.data(), text.size(), at);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
    at += written;
  }
  return true;
}
/// Whether what was written is on the disk.
bool syncData(int descriptor) {
  int outcome = 0;
  do {
#if defined(_POSIX_SYNCHRONIZED_IO) && _POSIX_SYNCHRONIZED_IO > 0
    outcome = fdatasync(descriptor);
#else
    outcome = fsync(descriptor);
#endif
  } while (outcome != 0 && errno == EINTR);
  return outcome == 0;
}

}  // namespace

ResultsFile::~ResultsFile() {
  if (descriptor_ == -1) return;
  // What was set aside and not used, by a run that was killed too. A file that is not this
  // program's, or not its own to write, stays as it is.
  if (isRead_) static_cast<void>(ftruncate(descriptor_, size_) == 0);
  ::close(descriptor_);
}

Error ResultsFile::problem(const std::string& what) const {
  return makeError(ErrorKind::Configuration, "results file " + visible(path_) + ": " + what);
}

Result<void> ResultsFile::open(const std::string& path) {
  path_ = path;
  descriptor_ =
      ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, S_IRUSR | S_IWUSR);
  if (descriptor_ == -1) return problem(std::strerror(errno));
  struct stat status {};
  if (fstat(descriptor_, &status) != 0) return problem(std::strerror(errno));
  if (!S_ISREG(status.st_mode)) return problem("not a regular file");
  if (status.st_uid != geteuid()) {
    return problem("tokens are written to it, but it belongs to another user, number " +
                   std::to_string(status.st_uid));
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return problem("tokens are written to it, but others than its owner may use it: chmod 600 it");
  }
  // Who made it may have ended before that.
  if (!syncFolderOf(path)) return problem(std::strerror(errno));
  Result<void> locked = lock();
  if (!locked) return locked;
  Result<void> wasRead = read();
  isRead_ = wasRead.hasValue();
  return wasRead;
}

Result<void> ResultsFile::lock() {
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (fcntl(descriptor_, F_SETLK, &whole) == 0) return {};
  if (errno != EACCES && errno != EAGAIN) return problem(std::strerror(errno));
  const bool isKnown = fcntl(descriptor_, F_GETLK, &whole) == 0 && whole.l_type != F_UNLCK;
  isHeld_ = true;
  return problem("another fleet writes it" +
                 (isKnown ? ": process " + std::to_string(whole.l_pid) : std::string()));
}

Result<void> ResultsFile::read() {
  // It has tokens, so it is read to where it will be wiped.
  const std::string blanks(std::size_t{64} * 1024, ' ');
  Secret chunk(blanks);
  Secret text;
  ssize_t got = 0;
  while ((got = ::read(descriptor_, chunk.data(), chunk.size())) > 0)
    text.append({chunk.data(), static_cast<std::size_t>(got)});
  if (got < 0) return problem(std::strerror(errno));
  std::string_view rest = text.expose();
  for (std::size_t number = 1;; ++number) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) break;
    const std::optional<Line> line = parseLine(rest.substr(0, end));
    if (!line) return problem("line " + std::to_string(number) + " is none of this program");
    known_[line->key] = line->known;
    rest.remove_prefix(end + 1);
  }
  size_ = static_cast<std::int64_t>(text.size() - rest.size());
  if (rest.empty()) return {};
  if (const std::optional<Line> line = parseLine(rest)) {
    known_[line->key] = line->known;
    size_ = static_cast<std::int64_t>(text.size());
    return append("\n");
  }
  if (!isTorn(rest)) return problem("its last line is none of this program");
  if (ftruncate(descriptor_, size_) != 0 || fsync(descriptor_) != 0)
    return problem(std::strerror(errno));
  return {};
}

Result<void> ResultsFile::reserve(std::size_t calls) {
  if (calls == 0) return {};
  // Two lines of a call; of the second its tokens are the most.
  const std::size_t needed = calls * 4096;
  int reason = 0;
  // Space may be set aside where it must not be written to.
  rlimit limit{};
  if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
      static_cast<rlim_t>(size_) + needed > limit.rlim_cur) {
    reason = EFBIG;
  }
#ifdef __linux__
  if (reason == 0 &&
      fallocate(descriptor_, FALLOC_FL_KEEP_SIZE, size_, static_cast<off_t>(needed)) != 0) {
    reason = errno;
  }
#endif
  if (reason != ENOSPC && reason != EDQUOT && reason != EFBIG) return {};
  return problem("no room for what " + std::to_string(calls) +
                 " calls may bring: " + std::strerror(reason));
}

Known ResultsFile::known(const RotateTunnelAccessTokenRequest& request) const {
  const auto found = known_.find(keyOf(request.tunnelId, request.clientMode.name()));
  return found == known_.end() ? Known::Nothing : found->second;
}

Result<void> ResultsFile::begin(const RotateTunnelAccessTokenRequest& request) {
  Secret line = lineOf(begun, request);
  line.append("}\n");
  return append(line.expose());
}

Result<void> ResultsFile::end(const RotateTunnelAccessTokenRequest& request,
                              const Result<RotateTunnelAccessTokenResponse>& result) {
  Secret line = lineOf(result ? rotated : failed, request);
  if (result) {
    if (result->tunnelArn) appendMember(line, "tunnelArn", *result->tunnelArn);
    if (result->sourceAccessToken)
      appendMember(line, "sourceAccessToken", result->sourceAccessToken->expose());
    if (result->destinationAccessToken)
      appendMember(line, "destinationAccessToken", result->destinationAccessToken->expose());
    appendMember(line, "requestId", result->requestId);
  } else {
    const Error& error = result.error();
    appendMember(line, "delivery", nameOf(error.delivery));
    if (!error.code.empty()) appendMember(line, "code", error.code);
    appendMember(line, "message", visible(error.message));
    if (!error.requestId.empty()) appendMember(line, "requestId", error.requestId);
  }
  line.append("}\n");
  return append(line.expose());
}

Result<void> ResultsFile::append(std::string_view text) {
  if (!writeAt(descriptor_, text, size_) || !syncData(descriptor_)) {
    const int reason = errno;
    // What is called lost must not be found by the next run.
    static_cast<void>(ftruncate(descriptor_, size_) == 0);
    return problem(std::strerror(reason));
  }
  size_ += static_cast<std::int64_t>(text.size());
  return {};
}
