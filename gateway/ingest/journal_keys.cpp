#include "gateway/ingest/journal_keys.hpp"

#include "schema/crypto.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace qnzs::ingest {
namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::string_view proof_text = "qnzs.journal seal key";

}  // namespace

SealKeys::SealKeys(std::span<const config::SealKeySettings> settings) {
  for (const auto& setting : settings) {
    auto bytes = schema::crypto::unhex(setting.key.reveal());
    if (!bytes || bytes->size() != key_bytes) {
      throw std::runtime_error("封存密钥 " + setting.id + " 必须是 64 位十六进制数字（32 字节）");
    }
    if (std::ranges::find(keys_, setting.id, &Key::id) != keys_.end()) {
      throw std::runtime_error("封存密钥 " + setting.id + " 出现了两次，每个 id 只能有一个");
    }
    keys_.push_back({setting.id, *std::move(bytes)});
  }
}

bool SealKeys::learn(std::int64_t number, std::string_view id, std::string_view proof) {
  const auto key = std::ranges::find(keys_, id, &Key::id);
  if (key == keys_.end()) return true;
  if (!schema::crypto::aes256_gcm_open(key->bytes, proof, proof_text)) return false;
  adopt(number, static_cast<std::size_t>(key - keys_.begin()));
  if (key == keys_.begin()) current_ = number;
  return true;
}

void SealKeys::adopt(std::int64_t number, std::size_t place) {
  by_number_[number] = &keys_[place];
}

std::string SealKeys::prove(const Key& key) {
  return schema::crypto::aes256_gcm_seal(key.bytes, proof_text, proof_text);
}

std::string SealKeys::seal(std::string_view plain, std::string_view purpose) const {
  return schema::crypto::aes256_gcm_seal(keys_.front().bytes, plain, purpose);
}

schema::Result<std::string> SealKeys::open(std::int64_t number, std::string_view sealed,
                                           std::string_view purpose) const {
  const auto key = by_number_.find(number);
  if (key == by_number_.end()) {
    return schema::fail(schema::Fault::unsupported,
                        "no seal key with number " + std::to_string(number));
  }
  auto plain = schema::crypto::aes256_gcm_open(key->second->bytes, sealed, purpose);
  if (!plain) return schema::fail(schema::Fault::storage, "a sealed value is damaged");
  return plain;
}

std::string seal_purpose(EntryKind kind, const EntryId& id) {
  std::string purpose("entry:");
  purpose.push_back(static_cast<char>(kind));
  purpose.append(id.begin(), id.end());
  return purpose;
}

std::string seal_purpose(std::string_view state_name) {
  return "state:" + std::string(state_name);
}

}  // namespace qnzs::ingest
