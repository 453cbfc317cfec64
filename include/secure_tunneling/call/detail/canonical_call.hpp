// SPDX-License-Identifier: BSL-1.0
#ifndef SECURE_TUNNELING_CALL_DETAIL_CANONICAL_CALL_HPP
#define SECURE_TUNNELING_CALL_DETAIL_CANONICAL_CALL_HPP

#include <cstddef>
#include <string_view>

#include "secure_tunneling/detail/compiler.hpp"
#include "secure_tunneling/detail/text.hpp"
#include "secure_tunneling/sigv4/detail/hash_message.hpp"
#include "secure_tunneling/sigv4/signer.hpp"

namespace secure_tunneling {
inline namespace v0_2 {
namespace detail {

/// The canonical request of a POST without a query, as `sigv4::sign` takes it, and the one place
/// that lists its headers. They are few, known, in order, and have no blanks to trim, which
/// `splitAuthority` and `checkCredentials` see to: `sigv4::CanonicalRequest`, which takes any
/// request, would be a kilobyte of code more. Views only: what they show must outlive them.
class CanonicalCall {
 public:
  enum Header : unsigned char { ContentType, Host, Date, SecurityToken, Target, headerCount };

  /// `path` is in canonical form, behind its first slash.
  explicit CanonicalCall(std::string_view path) noexcept : path_(path) {}
  /// The value of a header; without one there is no such header.
  std::string_view& operator[](Header header) noexcept { return values_[header]; }
  void setPayloadHash(std::string_view hex) noexcept { payloadHash_ = hex; }

  /// Calls `use(name, value)` for each header.
  template <class Use>
  void forEach(Use use) const {
    for (std::size_t i = 0; i != headerCount; ++i)
      if (!values_[i].empty()) use(names[i], values_[i]);
  }

  [[nodiscard]] static sigv4::Status status() noexcept { return sigv4::Status::Ok; }
  SECURE_TUNNELING_NOINLINE void writeTo(sigv4::detail::PieceBuffer& out) const noexcept {
    out.append("POST\n/"sv);
    out.append(path_, '\n');
    out.append('\n');
    forEach([&out](std::string_view name, std::string_view value) {
      out.append(name, ':');
      out.append(value, '\n');
    });
    out.append('\n');
    writeSignedHeadersTo(out);
    out.append('\n');
    out.append(payloadHash_);
  }
  SECURE_TUNNELING_NOINLINE void writeSignedHeadersTo(
      sigv4::detail::PieceBuffer& out) const noexcept {
    bool isFirst = true;
    forEach([&](std::string_view name, std::string_view) {
      if (!isFirst) out.append(';');
      isFirst = false;
      out.append(name);
    });
  }

 private:
  static constexpr std::string_view names[] = {"content-type"sv, "host"sv, "x-amz-date"sv,
                                               "x-amz-security-token"sv, "x-amz-target"sv};
  static_assert(sizeof names / sizeof *names == headerCount, "one for each, in the same order");
  std::string_view values_[headerCount];
  std::string_view path_;
  std::string_view payloadHash_;
};

}  // namespace detail
}  // namespace v0_2
}  // namespace secure_tunneling

#endif  // SECURE_TUNNELING_CALL_DETAIL_CANONICAL_CALL_HPP
