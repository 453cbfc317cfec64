// SPDX-License-Identifier: BSL-1.0
#include "secure_tunneling/configuration/detail/shared_files.hpp"

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
  Result<void> added = files.add(SharedFile::Config, {"CONFIG", Secret(config)});
  if (added) added = files.add(SharedFile::Credentials, {"CREDENTIALS", Secret(credentials)});
  if (!added) {
    CHECK(added.error().kind == ErrorKind::Configuration);
    return std::move(added).error();
  }
  return files;
}

/// Looks from a signal, because not every emulator can start a thread or a process, whether this
/// thread has a file open, and then at its descriptor.
class DescriptorWatch {
 public:
  explicit DescriptorWatch(const std::string& path) {
    REQUIRE(::stat(path.c_str(), &file_) == 0);
    flags_ = -1;
    struct sigaction action {};
    action.sa_handler = look;
    action.sa_flags = SA_RESTART;
    ::sigaction(SIGALRM, &action, &before_);
    setInterval(1000);
  }
  DescriptorWatch(const DescriptorWatch&) = delete;
  DescriptorWatch& operator=(const DescriptorWatch&) = delete;
  ~DescriptorWatch() {
    setInterval(0);
    ::sigaction(SIGALRM, &before_, nullptr);
  }

  [[nodiscard]] bool hasSeen() const { return flags_ != -1; }
  [[nodiscard]] bool isClosedInOtherPrograms() const { return (flags_ & FD_CLOEXEC) != 0; }

 private:
  static void setInterval(suseconds_t microseconds) {
    const itimerval interval{{0, microseconds}, {0, microseconds}};
    ::setitimer(ITIMER_REAL, &interval, nullptr);
  }

  static void look(int) {
    for (int i = 0; i != 64; ++i) {
      struct stat its {};
      if (::fstat(i, &its) != 0 || its.st_ino != file_.st_ino || its.st_dev != file_.st_dev)
        continue;
      flags_ = ::fcntl(i, F_GETFD);
    }
  }

  inline static volatile std::sig_atomic_t flags_ = -1;
  inline static struct stat file_ {};
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
      {"CR alone", "[default]\r# c\ra = b\r\rc =\r  d = e\r", "default{a=b;c=;c/d=e}"},
      {"CR CR LF", "[default]\r\r\na = b\r\r\nc = d\r", "default{a=b;c=d}"},
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
      {"a name that is not valid", "[default]\na b = c\n\xc3\xa9 = d\ne = f\n",
       "default{a b=c;e=f;\xc3\xa9=d}"},
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
      {"of a name that is not valid", "[default]\na b = c\n d\n e\nf = g\n", "default{a b=c;f=g}"},
      {"to the end of the file", "[default]\na = b\n c", "default{a=b\nc}"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.what);
    CHECK(parsed(row.text) == row.expected);
  }
}

TEST_CASE("nested properties belong to the property above them") {
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
      {"a name that is not valid", "[default]\na =\n b c = d\n e = f\n",
       "default{a=;a/b c=d;a/e=f}"},
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
      {"[profile p!]", "profile", "p!{a=b}"},
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
      {"[profile p]", "profile p{a=b}"},
      {"[sso-session p]", "sso-session p{a=b}"},
      {"[services p]", "services p{a=b}"},
      {"[p q]", "p q{a=b}"},
      {"[\"p q\"]", "\"p q\"{a=b}"},
      {"[p\\q's]", "p\\q's{a=b}"},
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

TEST_CASE("names as the AWS CLI writes them are found when they are asked for") {
  const struct {
    const char* heading;
    const char* name;
  } cases[] = {
      {"[profile 'two words']", "two words"},
      {"[profile \"two words\"]", "two words"},
      {"[profile two\\ words]", "two words"},
      {"[ profile  'two words' ] # here", "two words"},
      {R"([profile 'Bob'"'"'s own'])", "Bob's own"},
      {R"([profile "say \"yes\" or \no"])", R"(say "yes" or \no)"},
      {R"([profile 'back\slash kept'])", R"(back\slash kept)"},
      {"[profile t'w'o\"_w\"ords]", "two_words"},
      {"[profile x{1}]", "x{1}"},
      {"[profile a~b!c$d^e*f`g<h>i?j]", "a~b!c$d^e*f`g<h>i?j"},
      {"[profile x=1;y#2]", "x=1;y#2"},
      {"[profile l[0]]", "l[0]"},
      {"[profile '[a] b'] ; ]", "[a] b"},
      {"[profile \xe6\x9d\xb1\xe4\xba\xac]", "\xe6\x9d\xb1\xe4\xba\xac"},
      {"[profile '\xe6\x9d\xb1 \xe4\xba\xac']", "\xe6\x9d\xb1 \xe4\xba\xac"},
  };
  for (const auto& row : cases) {
    CAPTURE(row.heading);
    const std::string properties = "\nregion = here\n";
    std::string session = row.heading;
    session.replace(session.find("profile"), 7, "sso-session");
    const Result<SharedFiles> files = parse(row.heading + properties + session + properties,
                                            "[" + std::string(row.name) + "]\nkey = there\n");
    REQUIRE(files);
    CHECK(files->value(detail::profileSection, row.name, "region") == "here");
    CHECK(files->value(detail::profileSection, row.name, "key") == "there");
    CHECK(files->value(detail::ssoSessionSection, row.name, "region") == "here");
  }
}

TEST_CASE("what the AWS SDKs pass over is told with its line") {
  const auto passedOver = [](std::string_view config, std::string_view credentials,
                             std::string_view profile) {
    const Result<SharedFiles> files = parse(config, credentials);
    REQUIRE(files);
    return files->passedOver(profile);
  };
  const std::string config =
      "[profile p]\nregion = r\nmy key = v\n  more\n[profile two words]\n[q]\nx = y\n"
      "[profile 'three good words']\n[sso-session s]\n[services v]\n[sso-sesion t]\n"
      "[default]\n[profile default]\n";
  const std::string credentials =
      "[profile p]\naws_access_key_id = canary\n[\"two words\"]\n[q]\n\xc3\xa9 = 1\n";
  const std::string all = passedOver(config, credentials, {});
  CHECK(all ==
        "CONFIG, line 5; CONFIG, line 6; CONFIG, line 8; CONFIG, line 11; CONFIG, line 12; "
        "CREDENTIALS, line 1; CREDENTIALS, line 3; CONFIG, line 3; CREDENTIALS, line 5");
  CHECK(passedOver(config, credentials, "p") == "CREDENTIALS, line 1; CONFIG, line 3");
  CHECK(passedOver(config, credentials, "two words") == "CONFIG, line 5; CREDENTIALS, line 3");
  CHECK(passedOver(config, credentials, "q") == "CONFIG, line 6; CREDENTIALS, line 5");
  CHECK(passedOver(config, credentials, "three good words").empty());
  CHECK(passedOver(config, credentials, "default") == "CONFIG, line 12");
  CHECK(passedOver(config, credentials, "absent").empty());
  CHECK(passedOver("[Profile p]\n[profile 'p]\n", "[PROFILE p]\n", "p") ==
        "CONFIG, line 1; CONFIG, line 2; CREDENTIALS, line 1");
  CHECK(passedOver("[default]\na = b\n", "", {}).empty());
  const std::string odd = "[Default]\n[profile Q]\n[sso-session q]\n[DEFAULT]\n";
  CHECK(passedOver(odd, "[Q]\n[q]\n", "default") == "CONFIG, line 1; CONFIG, line 4");
  CHECK(passedOver(odd, "[Q]\n", "q") == "CONFIG, line 2; CREDENTIALS, line 1");
  CHECK(passedOver(odd, "[Q]\n[q]\n", "q") == "CONFIG, line 2");
  CHECK(passedOver(odd, "[Q]\n[q]\n", {}) == "CONFIG, line 1; CONFIG, line 4");

  std::string many = "[default]\n";
  for (int i = 0; i != 10'000; ++i)
    many.append("a b = c\n");
  const std::string cut = passedOver(many, {}, {});
  CHECK(cut.size() < 5000);
  CHECK(cut.find("CONFIG, line 2; CONFIG, line 3; ") == 0);
  CHECK(cut.substr(cut.size() - 5) == "; ...");
}

TEST_CASE("a colon in the place of the equals sign is an error with the line") {
  const std::string problem = ": expected = behind the name, not :";
  for (const std::string line :
       {"token: canary==", "token : canary==", "token :canary==", "token:canary==", "token: canary",
        "token:canary", "token:", "url: https://a/?b=c", "url:https://a/?b=c", "a b: c=d",
        "role:arn:aws:x=y", "a-b: c=d"}) {
    CAPTURE(line);
    CHECK(parsed("[default]\n" + line + "\n") == "error: CONFIG, line 2" + problem);
    CHECK(parsed({}, "[default]\n" + line + "\n") == "error: CREDENTIALS, line 2" + problem);
    CHECK(parsed("[default]\na =\n  " + line + "\n") == "error: CONFIG, line 3" + problem);
  }
  CHECK(parsed("[default]\na = b: c\na-b:c = d:e\n-:+ = f\n", {}) ==
        "default{-:+=f;a=b: c;a-b:c=d:e}");
}

TEST_CASE("blanks of every width around names and values") {
  for (const std::string blank :
       {"\xc2\xa0", "\xe2\x80\x83", "\xe2\x80\xaf", "\xe3\x80\x80", "\xe2\x80\x8b", "\xef\xbb\xbf",
        " \xc2\xa0\t", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xc2\x85", "\v", "\f"}) {
    CAPTURE(blank);
    CHECK(parsed("[" + blank + "profile" + blank + "p" + blank + "]" + blank + "# c\na" + blank +
                 "=" + blank + "b" + blank + "\nc = d" + blank + "; e\n" + blank + "\n" + blank +
                 "# f\n") == "p{a=b;c=d}");
    CHECK(parsed({}, "[" + blank + "p" + blank + "]\na" + blank + "= b" + blank + "c\n") ==
          "p{a=b" + blank + "c}");
  }
  CHECK(parsed("[services s]\na =\n\xc2\xa0\xc2\xa0"
               "b = c\n",
               {}, "services") == "s{a=;a/b=c}");
  CHECK(parsed("[default]\na = b\n\xef\xbb\xbf[profile p]\nc = d\n") == "default{a=b} p{c=d}");
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
      {std::string("\xff\xfe[\0c\0", 6), "1: expected UTF-8, but the file is UTF-16"},
      {std::string("\xfe\xff\0[\0c", 6), "1: expected UTF-8, but the file is UTF-16"},
      {"[default]\r\rcanary\r", "3: expected [section] or name = value"},
      {"[canary\n", "1: expected a closing ]"},
      {"[default] canary\n", "1: expected nothing but a comment behind the ]"},
      {"[default]\n\n# c\ncanary\n", "4: expected [section] or name = value"},
      {"[default]\ncanary : b\n", "2: expected = behind the name, not :"},
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
  CHECK(usual->passedOver("default").find(path + ", permission denied") == 0);
  REQUIRE_FALSE(named);
  CHECK(named.error().kind == ErrorKind::Configuration);
  CHECK(named.error().message == path + ": Permission denied");
}

TEST_CASE("a shared file is not inherited by programs started while it is read") {
  TestEnvironment environment;
  const std::string path = environment.write("long", std::string(1'000'000, '#'));
  const DescriptorWatch watch(path);
  while (!watch.hasSeen())
    CHECK(detail::readSharedFile({path, true}));
  CHECK(watch.isClosedInOtherPrograms());
}

TEST_CASE("what is no regular file counts as absent, and nothing waits for it") {
  TestEnvironment environment;
  const std::string folder = environment.path("folder");
  const std::string pipe = environment.path("pipe");
  const std::string loop = environment.path("loop");
  const std::string toPipe = environment.path("to-pipe");
  const std::string toNothing = environment.path("to-nothing");
  REQUIRE(::mkdir(folder.c_str(), 0700) == 0);
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  REQUIRE(::symlink("loop", loop.c_str()) == 0);
  REQUIRE(::symlink("pipe", toPipe.c_str()) == 0);
  REQUIRE(::symlink("nothing", toNothing.c_str()) == 0);
  const struct {
    std::string path;
    const char* shown;
    bool isThere = true;
  } cases[] = {
      {folder, ", a directory"},
      {folder + "/", ", a directory"},
      {pipe, ", not a regular file"},
      {toPipe, ", not a regular file"},
      {loop, ", a loop of links"},
      {"/dev/null", ", not a regular file"},
      {"/dev/zero", ", not a regular file"},
      // Only the one that a variable names is missed.
      {toNothing, ", no such file", false},
      {pipe + "/x", ", no such file", false},
  };
  for (const auto& row : cases) {
    CAPTURE(row.path);
    environment.set("AWS_CONFIG_FILE", row.path);
    environment.unset("AWS_SHARED_CREDENTIALS_FILE");
    const std::string usual = environment.path(".aws/credentials");
    ::unlink(usual.c_str());
    REQUIRE(::symlink(row.path.c_str(), usual.c_str()) == 0);
    const Result<SharedFiles> files = SharedFiles::load();
    REQUIRE(files);
    CHECK(files->sections().empty());
    const std::string other = row.isThere ? "; " + usual + row.shown : "";
    CHECK(files->passedOver("absent") == row.path + row.shown + other);
  }
  // A file behind links is as good as any.
  const std::string file = environment.write("file", "[default]\na = b\n");
  REQUIRE(::symlink("file", environment.path("to-file").c_str()) == 0);
  environment.set("AWS_CONFIG_FILE", environment.path("to-file"));
  const Result<SharedFiles> files = SharedFiles::load();
  REQUIRE(files);
  CHECK(files->value(detail::profileSection, "default", "a") == "b");
}

TEST_CASE("a writer that waits at a pipe is not let go to nobody") {
  TestEnvironment environment;
  const std::string pipe = environment.path("pipe");
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  const int writer = ::open(pipe.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  REQUIRE(::write(writer, "[default]", 9) == 9);
  const auto read = detail::readSharedFile({pipe, true});
  char text[16];
  CHECK(::read(reader, text, sizeof text) == 9);
  ::close(reader);
  ::close(writer);
  REQUIRE(read);
  CHECK(read->text.empty());
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
