// SPDX-License-Identifier: BSL-1.0
#include "yaml_output.hpp"

#include <yaml.h>

#include <cmath>
#include <string>
#include <string_view>

#include "json_output.hpp"
#include "python_text.hpp"
#include "secure_tunneling/detail/wipe.hpp"
#include "sorted_members.hpp"
#include "yaml_plain.hpp"

using jmespath::Value;
using secure_tunneling::Secret;

namespace {

/// What libyaml asks for, which takes it without changing it.
yaml_char_t* characters(std::string_view text) {
  return reinterpret_cast<yaml_char_t*>(const_cast<char*>(text.data()));
}

/// libyaml's emitter. Its buffer is wiped; the copies of single scalars, which it frees itself,
/// cannot be. It fails only where memory does, and what it has written up to there is kept.
class YamlEmitter {
 public:
  YamlEmitter() {
    yaml_emitter_initialize(&emitter_);
    yaml_emitter_set_output(&emitter_, append, &out_);
    yaml_emitter_set_unicode(&emitter_, 1);
    yaml_event_t event;
    yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING);
    yaml_emitter_emit(&emitter_, &event);
    yaml_document_start_event_initialize(&event, nullptr, nullptr, nullptr, 1);
    yaml_emitter_emit(&emitter_, &event);
  }
  ~YamlEmitter() {
    secure_tunneling::detail::wipe(
        emitter_.buffer.start,
        static_cast<std::size_t>(emitter_.buffer.end - emitter_.buffer.start));
    yaml_emitter_delete(&emitter_);
  }
  YamlEmitter(const YamlEmitter&) = delete;
  YamlEmitter& operator=(const YamlEmitter&) = delete;

  void value(const Value& value) {
    if (value.IsArray()) return list(value);
    if (!isScalar(value)) return object(value);
    if (value.IsString()) return string(stringOf(value));
    scalar(scalarText(value), true);
  }

  Secret finish() {
    yaml_event_t event;
    yaml_document_end_event_initialize(&event, 1);
    yaml_emitter_emit(&emitter_, &event);
    yaml_stream_end_event_initialize(&event);
    yaml_emitter_emit(&emitter_, &event);
    return std::move(out_);
  }

 private:
  static int append(void* out, unsigned char* data, size_t size) {
    static_cast<Secret*>(out)->append({reinterpret_cast<const char*>(data), size});
    return 1;
  }

  static std::string scalarText(const Value& value) {
    if (value.IsNull()) return "null";
    if (value.IsBool()) return value.GetBool() ? "true" : "false";
    if (value.IsDouble() && std::isnan(value.GetDouble())) return ".nan";
    if (value.IsDouble() && std::isinf(value.GetDouble()))
      return value.GetDouble() < 0 ? "-.inf" : ".inf";
    return jmespath::spelledNumber(value);
  }

  void list(const Value& value) {
    yaml_event_t event;
    yaml_sequence_start_event_initialize(&event, nullptr, nullptr, 1, YAML_BLOCK_SEQUENCE_STYLE);
    yaml_emitter_emit(&emitter_, &event);
    for (const Value& element : value.GetArray())
      this->value(element);
    yaml_sequence_end_event_initialize(&event);
    yaml_emitter_emit(&emitter_, &event);
  }

  void object(const Value& value) {
    yaml_event_t event;
    yaml_mapping_start_event_initialize(&event, nullptr, nullptr, 1, YAML_BLOCK_MAPPING_STYLE);
    yaml_emitter_emit(&emitter_, &event);
    for (const SortedMember& member : sortedMembers(value)) {
      string(member.name);
      this->value(*member.value);
    }
    yaml_mapping_end_event_initialize(&event);
    yaml_emitter_emit(&emitter_, &event);
  }

  void string(std::string_view text) { scalar(text, plainScalar(text) == PlainScalar::String); }
  void scalar(std::string_view text, bool mayBePlain) {
    yaml_event_t event;
    yaml_scalar_event_initialize(&event, nullptr, nullptr, characters(text),
                                 static_cast<int>(text.size()), static_cast<int>(mayBePlain), 1,
                                 YAML_ANY_SCALAR_STYLE);
    yaml_emitter_emit(&emitter_, &event);
  }

  yaml_emitter_t emitter_{};
  Secret out_;
};

bool isEmptyObject(const Value& value) {
  return value.IsObject() && value.ObjectEmpty();
}

}  // namespace

Secret printYaml(const Value& value) {
  if (isEmptyObject(value)) return {};
  if (isScalar(value)) {
    Secret out = printJson(value);
    out.append("\n");
    return out;
  }
  YamlEmitter emitter;
  emitter.value(value);
  return emitter.finish();
}

Secret printYamlStream(const Value& value) {
  if (isEmptyObject(value)) return {};
  jmespath::Document pages;
  pages.SetArray();
  pages.PushBack(Value(value, pages.GetAllocator()), pages.GetAllocator());
  return printYaml(pages);
}
