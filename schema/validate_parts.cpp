#include "schema/checker.hpp"
#include "schema/limits.hpp"

#include <cmath>

namespace qnzs::schema {
namespace {

struct PartCheck {
  Checker& check;
  Place at;
  std::size_t attachments;

  void operator()(const TextPart& part) const { text(part.text); }
  void operator()(const MediaPart& part) const {
    text(part.text);
    check.expect(part.attachment < attachments, at / "attachment", "no such attachment");
    check.expect(!part.thumbnail || *part.thumbnail < attachments, at / "thumbnail",
                 "no such attachment");
    check.natural(at / "duration_ms", part.duration_ms);
    check.text(at / "transcript", part.transcript, limits::text_bytes);
  }
  void operator()(const LocationPart& part) const {
    text(part.text);
    check.expect(std::abs(part.latitude) <= 90, at / "latitude", "not between -90 and 90");
    check.expect(std::abs(part.longitude) <= 180, at / "longitude", "not between -180 and 180");
    check.text(at / "datum", part.datum, limits::word_bytes);
    const bool is_precision =
        !part.precision_m || (std::isfinite(*part.precision_m) && *part.precision_m >= 0);
    check.expect(is_precision, at / "precision_m", "negative or not finite");
    check.natural(at / "scale", part.scale);
    check.text(at / "label", part.label, limits::url_bytes);
    check.text(at / "name", part.name, limits::url_bytes);
  }
  void operator()(const LinkPart& part) const {
    text(part.text);
    check.filled(at / "url", part.url, limits::url_bytes);
    check.text(at / "title", part.title, limits::text_bytes);
    check.text(at / "description", part.description, limits::text_bytes);
  }
  void operator()(const HtmlPart& part) const {
    text(part.text);
    check.text(at / "html", part.html, limits::text_bytes);
  }
  void operator()(const FormPart& part) const {
    text(part.text);
    check.expect(part.fields.size() <= limits::fields, at / "fields", "too many");
    for (std::size_t i = 0; i < part.fields.size(); ++i) {
      const auto& field = part.fields[i];
      const auto here = at / "fields" / i;
      check.filled(here / "name", field.name, limits::name_bytes);
      check.text(here / "label", field.label, limits::name_bytes);
      check.text(here / "value", field.value, limits::text_bytes);
    }
  }
  void operator()(const EventPart& part) const {
    text(part.text);
    check.filled(at / "name", part.name, limits::name_bytes);
    check.text(at / "key", part.key, limits::id_bytes);
    for (const auto& [name, value] : part.data) {
      check.text(at / "data", name, limits::name_bytes);
      check.tree(at / "data", name, value);
    }
  }
  void operator()(const CallPart& part) const { text(part.text); }
  void operator()(const UnknownPart&) const {
    check.expect(false, at / "type", "a part of a type that is not ours");
  }

 private:
  void text(const std::string& content) const {
    check.text(at / "text", content, limits::text_bytes);
  }
};

}  // namespace

void check_parts(Checker& check, const std::vector<Part>& parts, std::size_t attachments) {
  check.count("/parts", parts.size(), limits::parts);
  for (std::size_t i = 0; i < parts.size(); ++i)
    std::visit(PartCheck{check, Place{"/parts", i}, attachments}, parts[i]);
}

}  // namespace qnzs::schema
