#include "adapters/hotline/folder_cursor.hpp"

#include "schema/json.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace qnzs::adapters::hotline {
namespace {

using schema::json::Array;
using schema::json::Object;
using schema::json::Value;

constexpr std::size_t digest_letters = 32;
constexpr std::size_t cursor_members = 7;
constexpr std::int64_t version = 2;

std::string letters_of(const schema::crypto::Sha256& digest) {
  return schema::crypto::hex(digest).substr(0, digest_letters);
}

std::int64_t number(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

std::optional<FileCursor> read_file(const Value& value) {
  const auto* items = value.array();
  if (items == nullptr || items->size() != cursor_members) return std::nullopt;
  const auto whole = [&](std::size_t index) -> const std::int64_t* {
    const auto* integer = (*items)[index].integer();
    return integer != nullptr && *integer >= 0 ? integer : nullptr;
  };
  const auto* digest = (*items)[3].text();
  const bool has_rejected = !(*items)[2].is_null();
  if (!whole(0) || !whole(1) || (has_rejected && !whole(2)) || digest == nullptr ||
      !(*items)[4].integer() || !whole(5) || *whole(5) > std::to_underlying(PassedOver::file) ||
      (*items)[6].boolean() == nullptr)
    return std::nullopt;
  return FileCursor{
      .offset = static_cast<std::uint64_t>(*whole(0)),
      .line = static_cast<std::uint64_t>(*whole(1)),
      .rejected = has_rejected ? std::optional<std::uint64_t>(*whole(2)) : std::nullopt,
      .digest = *digest,
      .changed_at = schema::Instant(schema::Milliseconds(*(*items)[4].integer())),
      .passed_over = static_cast<PassedOver>(*whole(5)),
      .is_settled = *(*items)[6].boolean()};
}

}  // namespace

void forget_vanished(FolderCursor& cursor, std::span<const FoundFile> there,
                     std::size_t vanished_max) {
  FolderCursor kept;
  for (const auto& file : there) {
    if (auto known = cursor.extract(file_key(file.name))) kept.insert(std::move(known));
  }
  std::vector<std::pair<schema::Instant, std::string>> vanished;
  for (const auto& [key, file] : cursor) vanished.emplace_back(file.changed_at, key);
  std::ranges::sort(vanished, std::ranges::greater{});
  vanished.resize(std::min(vanished.size(), vanished_max));
  for (const auto& one : vanished) kept.insert(cursor.extract(one.second));
  cursor = std::move(kept);
}

std::string file_key(std::string_view name) {
  return letters_of(schema::crypto::sha256({name}));
}

std::string digest_of(const schema::crypto::RunningSha256& bytes) {
  return letters_of(bytes.so_far());
}

std::string write_cursor(const FolderCursor& cursor) {
  Object files;
  for (const auto& [key, file] : cursor) {
    files.emplace_back(key,
                       Array{number(file.offset), number(file.line),
                             file.rejected ? Value(number(*file.rejected)) : Value(), file.digest,
                             file.changed_at.time_since_epoch().count(),
                             std::int64_t{std::to_underlying(file.passed_over)}, file.is_settled});
  }
  return schema::json::write(Object{{"version", version}, {"files", std::move(files)}});
}

FolderCursor read_cursor(std::string_view text) {
  FolderCursor cursor;
  const auto tree = schema::json::parse(text);
  const auto* written = tree ? tree->find("version") : nullptr;
  const auto* files = tree ? tree->find("files") : nullptr;
  if (written == nullptr || written->integer() == nullptr || *written->integer() != version ||
      files == nullptr || files->object() == nullptr)
    return cursor;
  for (const auto& [key, value] : *files->object()) {
    if (auto file = read_file(value)) cursor.emplace(key, *std::move(file));
  }
  return cursor;
}

}  // namespace qnzs::adapters::hotline
