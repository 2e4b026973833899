#pragma once

#include "config/gateway.hpp"
#include "gateway/ingest/journal.hpp"
#include "schema/error.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qnzs::ingest {

// The keys that seal what the journal holds (AES-256-GCM): the first configured one seals, all
// open. In the file a key has a small number; the table seal_keys says which, with a proof that the
// key is the same. Const calls are safe from any thread.
class SealKeys {
 public:
  // Checks the configuration: 64 hex digits, ids unique. Throws std::runtime_error, Chinese.
  explicit SealKeys(std::span<const config::SealKeySettings> settings);

  SealKeys(SealKeys&&) = default;
  SealKeys& operator=(SealKeys&&) = delete;

  struct Key {
    std::string id;
    std::string bytes;
  };
  const std::vector<Key>& keys() const { return keys_; }

  // What the file's table says of a key. False when the key is configured but is not the one of the
  // proof.
  bool learn(std::int64_t number, std::string_view id, std::string_view proof);
  // For opening: that number is of the configured key at that place, whatever the table says.
  void adopt(std::int64_t number, std::size_t place);
  void forget(std::int64_t number) { by_number_.erase(number); }
  // A proof for the table, of a configured key.
  static std::string prove(const Key& key);

  bool has(std::int64_t number) const { return by_number_.contains(number); }
  std::int64_t current() const { return current_; }  // number of the key that seals; 0 = none

  // `purpose` is bound into the seal: what is opened for another purpose does not open.
  std::string seal(std::string_view plain, std::string_view purpose) const;
  // Faults: unsupported (no such key), storage (not what was sealed: damaged or swapped).
  schema::Result<std::string> open(std::int64_t number, std::string_view sealed,
                                   std::string_view purpose) const;

 private:
  std::vector<Key> keys_;
  std::map<std::int64_t, const Key*> by_number_;
  std::int64_t current_ = 0;
};

// Purposes: an entry's body belongs to its kind and id, a state's value to its name.
std::string seal_purpose(EntryKind kind, const EntryId& id);
std::string seal_purpose(std::string_view state_name);

}  // namespace qnzs::ingest
