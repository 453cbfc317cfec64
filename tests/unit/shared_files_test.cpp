// SPDX-License-Identifier: BSL-1.0
#include "secure_tunneling/detail/shared_files.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <utility>

#include "support/catch.hpp"
#include "support/environment.hpp"
#include "support/freed_memory.hpp"
#include "support/shared_files.hpp"

using namespace secure_tunneling;
using detail::ChosenProfile;
using detail::SharedFile;
using detail::SharedFiles;
using detail::SharedProperty;

namespace {

Result<SharedFiles> parse(std::string_view config, std::string_view credentials = {}) {
  SharedFiles files;
  Result<void> added = files.add(SharedFile::Config, {"CONFIG", Secret(config), false});
  if (added)
    added = files.add(SharedFile::Credentials, {"CREDENTIALS", Secret(credentials), false});
  if (!added) {
    CHECK(added.error().kind == ErrorKind::Configuration);
    return std::move(added).error();
  }
  return files;
}

/// Holds a pipe open until this thread reads from it, and then looks at the reader's descriptor.
/// From a signal, because not every emulator can start a thread or a process.
class PipeWatch {
 public:
  explicit PipeWatch(const std::string& path) {
    end_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(::fstat(end_, &pipe_) == 0);
    readerFlags_ = -1;
    struct sigaction action {};
    action.sa_handler = look;
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGALRM, &action, &before_);
    setInterval(1000);
  }
  PipeWatch(const PipeWatch&) = delete;
  PipeWatch& operator=(const PipeWatch&) = delete;
  ~PipeWatch() { ::sigaction(SIGALRM, &before_, nullptr); }

  bool isClosedInOtherPrograms() const {
    return readerFlags_ != -1 && (readerFlags_ & FD_CLOEXEC) != 0;
  }

 private:
  static void setInterval(suseconds_t microseconds) {
    const itimerval interval{{0, microseconds}, {0, microseconds}};
    ::setitimer(ITIMER_REAL, &interval, nullptr);
  }

  static void look(int) {
    for (int i = 0; i != 1024; ++i) {
      struct stat its {};
      if (i == end_ || ::fstat(i, &its) != 0) continue;
      if (its.st_ino != pipe_.st_ino || its.st_dev != pipe_.st_dev) continue;
      readerFlags_ = ::fcntl(i, F_GETFD);
      setInterval(0);
      ::close(end_);
      return;
    }
  }

  inline static volatile std::sig_atomic_t readerFlags_ = -1;
  inline static int end_ = -1;
  inline static struct stat pipe_ {};
  struct sigaction before_ {};
};

/// The sections of a kind in one line, or `error: message`.
std::string parsed(std::string_view config, std::string_view credentials = {},
                   std::string_view kind = detail::profileSection) {
  const Result<SharedFiles> files = parse(config, credentials);
  if (!files) return "error: " + files.error().message;
  return textOf(sectionsOf(*files, kind));
}

}  // namespace

TEST_CASE("properties of the shared files") {
  const struct {
    const char* what;
    std::string text;
    const char* expected;
  } cases[] = {
      {"nothing", "", ""},
      {"a section without properties", "[default]", "default{}"},
      {"one property", "[default]\na=b", "default{a=b}"},
      {"blanks around names and values", "[default]\na \t =\t  b c \t\n", "default{a=b c}"},
      {"CR LF", "[default]\r\na = b\r\n\r\nc = d\r\n", "default{a=b;c=d}"},
      {"a byte order mark", "\xef\xbb\xbf[default]\na = b\n", "default{a=b}"},
      {"equals signs in a value", "[default]\na = b=c==\n", "default{a=b=c==}"},
      {"a value that is empty", "[default]\na =\nb = # none\n", "default{a=;b=}"},
      {"text that is not ASCII", "[default]\na = \xc3\xa9\xf0\x9f\x94\x91\n",
       "default{a=\xc3\xa9\xf0\x9f\x94\x91}"},
      {"names in another case", "[default]\nAWS_Key = B\naws_KEY = C\n", "default{aws_key=C}"},
      {"the last of several", "[default]\na = 1\na = 2\n", "default{a=2}"},
      {"a section in parts", "[default]\na = 1\nb = 1\n[default]\nb = 2\n", "default{a=1;b=2}"},
      {"comments", "# c\n;c\n[default] # c\n  # c\na = b # c # d\nc = d\t;e\n;\n",
       "default{a=b;c=d}"},
      {"comment signs that are none", "[default]\na=b#c;d\nb = c;\nc = d#\n",
       "default{a=b#c;d;b=c;;c=d#}"},
      {"a name that is not valid", "[default]\na b = c\n\xc3\xa9 = d\ne = f\n", "default{e=f}"},
      {"all signs of a name", "[default]\nA_b-9/.%@:+ = c\n", "default{a_b-9/.%@:+=c}"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.what);
    CHECK(parsed(row.text) == row.expected);
    CHECK(parsed({}, row.text) == row.expected);
  }
}

TEST_CASE("values that go on on the next lines") {
  const struct {
    const char* what;
    const char* text;
    const char* expected;
  } cases[] = {
      {"one", "[default]\na = b\n c\n", "default{a=b\nc}"},
      {"several", "[default]\na = b\n  c \t\r\n\td = e\nf = g\n", "default{a=b\nc\nd = e;f=g}"},
      {"behind a comment", "[default]\na = b # c\n d\n", "default{a=b\nd}"},
      {"with what would be a comment", "[default]\na = b\n c # d ; e\n", "default{a=b\nc # d ; e}"},
      {"with what would be a section", "[default]\na = b\n [c]\nd = e\n", "default{a=b\n[c];d=e}"},
      {"over empty lines and comments", "[default]\na = b\n\n  \n# c\n  # d\n e\n",
       "default{a=b\ne}"},
      {"of a name that is not valid", "[default]\na b = c\n d\n e\nf = g\n", "default{f=g}"},
      {"to the end of the file", "[default]\na = b\n c", "default{a=b\nc}"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.what);
    CHECK(parsed(row.text) == row.expected);
  }
}

TEST_CASE("nested properties") {
  const struct {
    const char* what;
    const char* text;
    const char* expected;
  } cases[] = {
      {"one", "[default]\na =\n b = c\n", "default{a=;a/b=c}"},
      {"several", "[default]\na = # c\n  B = c\n\t\n\td =e=f\ng = h\n",
       "default{a=;a/b=c;a/d=e=f;g=h}"},
      {"empty", "[default]\na =\n b =\n c\t= \n", "default{a=;a/b=;a/c=}"},
      {"the last of several", "[default]\na =\n b = 1\n b = 2\n", "default{a=;a/b=2}"},
      {"with what would be a comment", "[default]\na =\n b = c # d\n", "default{a=;a/b=c # d}"},
      {"a name that is not valid", "[default]\na =\n b c = d\n e = f\n", "default{a=;a/e=f}"},
      {"under the last of several", "[default]\na =\n b = 1\na =\n c = 2\n", "default{a=;a/c=2}"},
      {"under one that has none any more", "[default]\na =\n b = 1\na = 2\n", "default{a=2}"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.what);
    CHECK(parsed(row.text) == row.expected);
  }
}

TEST_CASE("a section whose properties are all indented, as the AWS CLI reads it") {
  CHECK(parsed("[default]\n  a = b\n  c = d\n    e\n  f =\n   g = h\n  i = j\n") ==
        "default{a=b;c=d\ne;f=;f/g=h;i=j}");
  CHECK(parsed("  [default]\n  a = b\n  [profile p]\n  a = c\n") == "default{a=b} p{a=c}");
  CHECK(parsed("[default]\n  a = b\nc = d\n  e\n") == "default{a=b;c=d\ne}");
}

TEST_CASE("headings of the config file and what they are") {
  const struct {
    const char* heading;
    const char* kind;
    const char* expected;
  } cases[] = {
      {"[default]", "profile", "default{a=b}"},
      {"[ default\t]", "profile", "default{a=b}"},
      {"[profile default]", "profile", "default{a=b}"},
      {"[profile p]", "profile", "p{a=b}"},
      {"[ profile \t p ]", "profile", "p{a=b}"},
      {"[profile \"p q\"]", "profile", "p q{a=b}"},
      {"[profile 'p q']", "profile", "p q{a=b}"},
      {"[profile p]#", "profile", "p{a=b}"},
      {"[profile p] ; c ] d", "profile", "p{a=b}"},
      {"[sso-session s]", "sso-session", "s{a=b}"},
      {"[sso-session\tdefault]", "sso-session", "default{a=b}"},
      {"[services s]", "services", "s{a=b}"},
      {"[other s]", "other", "s{a=b}"},
      {"[sso-session s]", "profile", ""},
      {"[p]", "profile", ""},
      {"[profile p q]", "profile", ""},
      {"[profile p!]", "profile", ""},
      {"[profilep]", "profile", ""},
      {"[Profile p]", "profile", ""},
      {"[profile]", "profile", ""},
      {"[profile ]", "profile", ""},
      {"[profile \"p]", "profile", ""},
      {"[profile \"\"]", "profile", ""},
      {"[]", "profile", ""},
  };
  for (const auto& row : cases) {
    CAPTURE(row.heading);
    CHECK(parsed(std::string(row.heading) + "\na = b\n", {}, row.kind) == row.expected);
  }
}

TEST_CASE("headings of the credentials file are profiles") {
  const struct {
    const char* heading;
    const char* expected;
  } cases[] = {
      {"[default]", "default{a=b}"},
      {"[ p ]", "p{a=b}"},
      {"[sso-sessionp]", "sso-sessionp{a=b}"},
      {"[profile p]", ""},
      {"[sso-session p]", ""},
      {"[services p]", ""},
      {"[p q]", ""},
      {"[\"p q\"]", ""},
      {"[]", ""},
  };
  for (const auto& row : cases) {
    CAPTURE(row.heading);
    const std::string text = std::string(row.heading) + "\na = b\n";
    CHECK(parsed({}, text) == row.expected);
    CHECK(parsed({}, text, detail::ssoSessionSection).empty());
    CHECK(parsed({}, text, detail::servicesSection).empty());
  }
}

TEST_CASE("[profile default] takes the place of [default], in the config file") {
  const std::string plain = "[default]\na = plain\nb = plain\n";
  const std::string prefixed = "[profile default]\na = prefixed\n";
  CHECK(parsed(plain + prefixed) == "default{a=prefixed}");
  CHECK(parsed(prefixed + plain) == "default{a=prefixed}");
  CHECK(parsed(prefixed + plain + "[profile default]\nc = d\n") == "default{a=prefixed;c=d}");
  CHECK(parsed(prefixed + plain, "[default]\nc = d\n") == "default{a=prefixed;c=d}");
  CHECK(parsed(plain, "[default]\nc = d\n") == "default{a=plain;b=plain;c=d}");
  CHECK(parsed(plain + "[sso-session default]\n") == "default{a=plain;b=plain}");
}

TEST_CASE("the credentials file counts more than the config file") {
  const Result<SharedFiles> files =
      parse("[profile p]\na = 1\nb = 1\nn =\n x = 1\n  y = 1\n", "\n[p]\nB = 2\nn =\n z = 2\n");
  REQUIRE(files);
  CHECK(textOf(sectionsOf(*files, detail::profileSection)) == "p{a=1;b=2;n=;n/z=2}");
  CHECK(files->value("profile", "p", "a") == "1");
  CHECK(files->value("profile", "p", "B").empty());
  CHECK(files->value("profile", "q", "a").empty());
  CHECK(files->has("profile", "p"));
  CHECK_FALSE(files->has("profile", "P"));
  CHECK_FALSE(files->has("services", "p"));

  const SharedProperty* const b = files->find("profile", "p", "b");
  REQUIRE(b != nullptr);
  CHECK(files->where(*b) == "CREDENTIALS, line 3");
  const SharedProperty* const other = files->findIn(SharedFile::Config, "profile", "p", "b");
  REQUIRE(other != nullptr);
  CHECK(other->value == "1");
  CHECK(files->where(*other) == "CONFIG, line 3");
  CHECK(files->findIn(SharedFile::Credentials, "profile", "p", "a") == nullptr);
  CHECK(files->findNested("profile", "p", "n", "x") == nullptr);
  CHECK(files->findNested("profile", "p", "a", "x") == nullptr);
  CHECK(files->findNested("profile", "p", "missing", "x") == nullptr);
  const SharedProperty* const nested = files->findNested("profile", "p", "n", "z");
  REQUIRE(nested != nullptr);
  CHECK(files->where(*nested) == "CREDENTIALS, line 5");
}

TEST_CASE("what does not follow the grammar is an error with the line") {
  const struct {
    std::string text;
    const char* problem;
  } cases[] = {
      {"a = canary\n", "1: expected a [section] before the first property"},
      {" canary\n", "1: expected a [section] before the first property"},
      {std::string("\0canary", 7), "1: expected a [section] before the first property"},
      {"[canary\n", "1: expected a closing ]"},
      {"[default] canary\n", "1: expected nothing but a comment behind the ]"},
      {"[default]\n\n# c\ncanary\n", "4: expected [section] or name = value"},
      {"[default]\ncanary : b\n", "2: expected [section] or name = value"},
      {"[default]\ncanary # a = b\n", "2: expected [section] or name = value"},
      {"[default]\n = canary\n", "2: expected [section] or name = value"},
      {"[default]\n canary\n", "2: expected [section] or name = value"},
      {"[default]\na = b\n[default]\n canary\n", "4: expected [section] or name = value"},
      {"[not valid!]\ncanary\n", "2: expected [section] or name = value"},
      {"[default]\na =\n canary\n", "3: expected name = value under a name without a value"},
      {"[default]\na =\n = canary\n", "3: expected name = value under a name without a value"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.text);
    CHECK(parsed(row.text) == "error: CONFIG, line " + std::string(row.problem));
    CHECK(parsed({}, row.text) == "error: CREDENTIALS, line " + std::string(row.problem));
  }
}

TEST_CASE("any bytes are parsed or refused") {
  const std::string_view seeds[] = {
      "[profile p]\na = b\n c\nd =\n e = f # g\n[sso-session \"s t\"] ; h\ni=j\n",
      "\xef\xbb\xbf[default]\r\n  a=\r\n    b=c\r\n"};
  const auto check = [](std::string_view text) {
    const std::string out = parsed(text);
    if (out.find("error: ") == 0) CHECK(out.find(" expected ") != std::string::npos);
  };
  for (const std::string_view seed : seeds) {
    for (std::size_t at = 0; at != seed.size(); ++at) {
      check(seed.substr(0, at));
      for (const char c : {'\0', '\n', '\r', ' ', '=', '[', ']', '#', '"', '\xff'}) {
        std::string text(seed);
        text[at] = c;
        check(text);
      }
    }
  }
}

TEST_CASE("where the shared files are looked for") {
  TestEnvironment environment;
  const auto config = [] { return detail::sharedFilePath(SharedFile::Config); };
  const auto credentials = [] { return detail::sharedFilePath(SharedFile::Credentials); };
  CHECK(config().path == environment.path(".aws/config"));
  CHECK_FALSE(config().isNamed);
  CHECK(credentials().path == environment.path(".aws/credentials"));
  environment.set("AWS_CONFIG_FILE", "/x/config");
  CHECK(config().path == "/x/config");
  CHECK(config().isNamed);
  CHECK(credentials().path == environment.path(".aws/credentials"));
  environment.set("AWS_SHARED_CREDENTIALS_FILE", "~/x");
  CHECK(credentials().path == environment.path("x"));
  environment.set("AWS_CONFIG_FILE", "");
  CHECK(config().path == environment.path(".aws/config"));

  const struct passwd* const user = ::getpwuid(::getuid());
  REQUIRE(user != nullptr);
  environment.unset("HOME");
  CHECK(config().path == std::string(user->pw_dir) + "/.aws/config");
  environment.set("HOME", "");
  CHECK(config().path == std::string(user->pw_dir) + "/.aws/config");
}

TEST_CASE("a file that may not be read") {
  TestEnvironment environment;
  const std::string path = environment.write(".aws/config", "[default]\na = b\n");
  ::chmod(path.c_str(), 0);
  // Nothing is forbidden to root.
  const uid_t user = ::geteuid();
  const uid_t nobody = 65534;
  if (user == 0) REQUIRE(::seteuid(nobody) == 0);
  const Result<SharedFiles> usual = SharedFiles::load();
  environment.set("AWS_CONFIG_FILE", path);
  const Result<SharedFiles> named = SharedFiles::load();
  if (user == 0) REQUIRE(::seteuid(user) == 0);

  REQUIRE(usual);
  CHECK(usual->sections().empty());
  CHECK(usual->paths().find(path + " (permission denied) nor in " +
                            environment.path(".aws/credentials")) == 0);
  REQUIRE_FALSE(named);
  CHECK(named.error().kind == ErrorKind::Configuration);
  CHECK(named.error().message == path + ": Permission denied");
}

TEST_CASE("a shared file is not inherited by programs started while it is read") {
  TestEnvironment environment;
  const std::string path = environment.path("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  PipeWatch watch(path);
  CHECK(detail::readSharedFile({path, true}));
  CHECK(watch.isClosedInOtherPrograms());
}

TEST_CASE("which profile is chosen, and who said so") {
  TestEnvironment environment;
  const auto chosen = [](std::string_view given) {
    const ChosenProfile profile = detail::chosenProfile(given);
    return profile.name + (profile.variable == nullptr ? "" : std::string(" ") + profile.variable) +
           (profile.isNamed ? "" : " (not named)");
  };
  CHECK(chosen({}) == "default (not named)");
  CHECK(chosen("default") == "default");
  environment.set("AWS_DEFAULT_PROFILE", "second");
  CHECK(chosen({}) == "second AWS_DEFAULT_PROFILE");
  environment.set("AWS_PROFILE", "first");
  CHECK(chosen({}) == "first AWS_PROFILE");
  CHECK(chosen("given") == "given");
  environment.set("AWS_PROFILE", "");
  CHECK(chosen({}) == "second AWS_DEFAULT_PROFILE");
}

TEST_CASE("what was read of the shared files is wiped") {
  const std::string canary = "canary-of-a-secret-access-key-0123456789";
  TestEnvironment environment;
  environment.write(".aws/credentials", "[default]\na = b\n  " + canary + "\n");
  const FreedMemoryWatch watch(canary);
  {
    Result<SharedFiles> files = SharedFiles::load();
    REQUIRE(files);
    const SharedFiles moved = *std::move(files);
    CHECK(moved.value("profile", "default", "a").size() == canary.size() + 2);
  }
  CHECK(watch.leaks() == 0);
}
