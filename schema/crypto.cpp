#include "schema/crypto.hpp"

#include <climits>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>

namespace qnzs::schema::crypto {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Freed<EVP_CIPHER_CTX_free>>;

void require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("OpenSSL: ") + what);
}

// Fetched once: an implicit fetch at each call costs as much as the digest.
const EVP_MD* fetched_digest(const char* name) {
  const EVP_MD* const digest = EVP_MD_fetch(nullptr, name, nullptr);
  require(digest != nullptr, name);
  return digest;
}

const EVP_CIPHER* fetched_cipher(const char* name) {
  const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, name, nullptr);
  require(cipher != nullptr, name);
  return cipher;
}

EVP_MD_CTX* digest_context() {
  thread_local const DigestContext context(EVP_MD_CTX_new());
  require(context != nullptr, "EVP_MD_CTX_new");
  return context.get();
}

template <class Out>
Out digest(const EVP_MD* type, std::initializer_list<std::string_view> pieces) {
  auto* const context = digest_context();
  require(EVP_DigestInit_ex2(context, type, nullptr) == 1, "digest init");
  for (const auto piece : pieces) {
    require(EVP_DigestUpdate(context, piece.data(), piece.size()) == 1, "digest update");
  }
  Out out{};
  require(EVP_DigestFinal_ex(context, out.data(), nullptr) == 1, "digest final");
  return out;
}

const std::uint8_t* bytes(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}
std::uint8_t* bytes(std::string& text) {
  return reinterpret_cast<std::uint8_t*>(text.data());
}

// For a cipher that writes every byte of it.
std::string uninitialised(std::size_t size) {
  std::string text;
  text.resize_and_overwrite(size, [size](char*, std::size_t) { return size; });
  return text;
}

constexpr std::size_t key_bytes = 32;
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;
constexpr std::size_t cipher_bytes_max = INT_MAX / 2;

// A context that still has the key of the call before: with the same one again, OpenSSL is given
// the IV alone, which saves the key's schedule and a look at each parameter
// (tools/bench/README.md).
class KeyedContext {
 public:
  KeyedContext(const EVP_CIPHER* cipher, int encrypts)
      : cipher_(cipher), encrypts_(encrypts), context_(EVP_CIPHER_CTX_new()) {
    require(context_ != nullptr, "EVP_CIPHER_CTX_new");
  }
  ~KeyedContext() { OPENSSL_cleanse(key_.data(), key_.size()); }
  KeyedContext(const KeyedContext&) = delete;
  KeyedContext& operator=(const KeyedContext&) = delete;

  // Ready for one text under this key of 32 bytes and this IV, or null.
  EVP_CIPHER_CTX* begin(std::string_view key, const std::uint8_t* iv) {
    const bool is_same = has_key_ && equal_constant_time({key_.data(), key_.size()}, key);
    has_key_ = EVP_CipherInit_ex2(context_.get(), is_same ? nullptr : cipher_,
                                  is_same ? nullptr : bytes(key), iv, encrypts_, nullptr) == 1;
    if (has_key_ && !is_same) std::ranges::copy(key.substr(0, key_.size()), key_.begin());
    return has_key_ ? context_.get() : nullptr;
  }

 private:
  const EVP_CIPHER* cipher_;
  int encrypts_;
  CipherContext context_;
  std::array<char, key_bytes> key_{};
  bool has_key_ = false;
};

const EVP_CIPHER* cbc() {
  static const EVP_CIPHER* const cipher = fetched_cipher("AES-256-CBC");
  return cipher;
}

const EVP_CIPHER* gcm() {
  static const EVP_CIPHER* const cipher = fetched_cipher("AES-256-GCM");
  return cipher;
}

Result<std::string> aes256_cbc(KeyedContext& keyed, std::string_view key, std::string_view iv,
                               std::string_view in) {
  if (key.size() != key_bytes || iv.size() != 16)
    return fail(Fault::malformed, "AES key or IV length");
  if (in.size() % 16 != 0 || in.size() > cipher_bytes_max)
    return fail(Fault::malformed, "AES length");
  auto* const context = keyed.begin(key, bytes(iv));
  auto out = uninitialised(in.size());
  int used = 0;
  int last = 0;
  const bool ok =
      context != nullptr && EVP_CIPHER_CTX_set_padding(context, 0) == 1 &&
      EVP_CipherUpdate(context, bytes(out), &used, bytes(in), static_cast<int>(in.size())) == 1 &&
      EVP_CipherFinal_ex(context, bytes(out) + used, &last) == 1;
  if (!ok) return fail(Fault::malformed, "AES");
  return out;
}

}  // namespace

Sha1 sha1(std::initializer_list<std::string_view> pieces) {
  static const EVP_MD* const type = fetched_digest("SHA1");
  return digest<Sha1>(type, pieces);
}

Sha256 sha256(std::initializer_list<std::string_view> pieces) {
  static const EVP_MD* const type = fetched_digest("SHA256");
  return digest<Sha256>(type, pieces);
}

struct RunningSha256::Impl {
  DigestContext context{EVP_MD_CTX_new()};
};

RunningSha256::RunningSha256() : impl_(std::make_unique<Impl>()) {
  static const EVP_MD* const type = fetched_digest("SHA256");
  auto* const context = impl_->context.get();
  require(context != nullptr && EVP_DigestInit_ex2(context, type, nullptr) == 1, "SHA-256 init");
}
RunningSha256::~RunningSha256() = default;
RunningSha256::RunningSha256(RunningSha256&&) noexcept = default;
RunningSha256& RunningSha256::operator=(RunningSha256&&) noexcept = default;

void RunningSha256::add(std::string_view piece) {
  require(EVP_DigestUpdate(impl_->context.get(), piece.data(), piece.size()) == 1, "SHA-256");
}

Sha256 RunningSha256::so_far() const {
  auto* const context = digest_context();
  Sha256 out{};
  require(EVP_MD_CTX_copy_ex(context, impl_->context.get()) == 1, "SHA-256 copy");
  require(EVP_DigestFinal_ex(context, out.data(), nullptr) == 1, "SHA-256 end");
  return out;
}

// HMAC as two prepared digests: copying a context costs less than any HMAC call of OpenSSL 3.
struct HmacKey::Impl {
  DigestContext inner{EVP_MD_CTX_new()};
  DigestContext outer{EVP_MD_CTX_new()};
};

HmacKey::HmacKey(std::string_view key) : impl_(std::make_unique<Impl>()) {
  static const EVP_MD* const type = fetched_digest("SHA256");
  constexpr std::size_t block = 64;
  std::string padded(key);
  if (padded.size() > block) {
    const auto hashed = sha256({key});
    padded.assign(hashed.begin(), hashed.end());
  }
  padded.resize(block, '\0');
  const auto begin = [&](EVP_MD_CTX* context, char pad) {
    auto mixed = padded;
    for (auto& c : mixed) c = static_cast<char>(c ^ pad);
    require(context != nullptr && EVP_DigestInit_ex2(context, type, nullptr) == 1, "HMAC init");
    require(EVP_DigestUpdate(context, mixed.data(), mixed.size()) == 1, "HMAC key");
    OPENSSL_cleanse(mixed.data(), mixed.size());
  };
  begin(impl_->inner.get(), 0x36);
  begin(impl_->outer.get(), 0x5c);
  OPENSSL_cleanse(padded.data(), padded.size());
}
HmacKey::~HmacKey() = default;
HmacKey::HmacKey(HmacKey&&) noexcept = default;
HmacKey& HmacKey::operator=(HmacKey&&) noexcept = default;

Sha256 HmacKey::mac(std::initializer_list<std::string_view> pieces) const {
  auto* const context = digest_context();
  Sha256 out{};
  require(EVP_MD_CTX_copy_ex(context, impl_->inner.get()) == 1, "HMAC copy");
  for (const auto piece : pieces) {
    require(EVP_DigestUpdate(context, piece.data(), piece.size()) == 1, "HMAC update");
  }
  require(EVP_DigestFinal_ex(context, out.data(), nullptr) == 1, "HMAC inner");
  require(EVP_MD_CTX_copy_ex(context, impl_->outer.get()) == 1, "HMAC copy");
  require(EVP_DigestUpdate(context, out.data(), out.size()) == 1, "HMAC update");
  require(EVP_DigestFinal_ex(context, out.data(), nullptr) == 1, "HMAC outer");
  return out;
}

bool equal_constant_time(std::string_view left, std::string_view right) {
  return left.size() == right.size() && CRYPTO_memcmp(left.data(), right.data(), left.size()) == 0;
}

Result<std::string> aes256_cbc_decrypt(std::string_view key, std::string_view iv,
                                       std::string_view cipher) {
  thread_local KeyedContext keyed(cbc(), 0);
  return aes256_cbc(keyed, key, iv, cipher);
}

Result<std::string> aes256_cbc_encrypt(std::string_view key, std::string_view iv,
                                       std::string_view plain) {
  thread_local KeyedContext keyed(cbc(), 1);
  return aes256_cbc(keyed, key, iv, plain);
}

std::string aes256_gcm_seal(std::string_view key, std::string_view plain,
                            std::string_view associated) {
  thread_local KeyedContext keyed(gcm(), 1);
  require(key.size() == key_bytes && plain.size() <= cipher_bytes_max &&
              associated.size() <= cipher_bytes_max,
          "GCM lengths");
  auto out = uninitialised(nonce_bytes + plain.size() + tag_bytes);
  random_bytes({bytes(out), nonce_bytes});
  int used = 0;
  int last = 0;
  auto* const body = bytes(out) + nonce_bytes;
  auto* const context = keyed.begin(key, bytes(out));
  require(context != nullptr, "GCM init");
  require(EVP_EncryptUpdate(context, nullptr, &used, bytes(associated),
                            static_cast<int>(associated.size())) == 1,
          "GCM associated data");
  require(
      EVP_EncryptUpdate(context, body, &used, bytes(plain), static_cast<int>(plain.size())) == 1,
      "GCM update");
  require(EVP_EncryptFinal_ex(context, body + used, &last) == 1, "GCM final");
  require(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, tag_bytes, body + plain.size()) == 1,
          "GCM tag");
  return out;
}

Result<std::string> aes256_gcm_open(std::string_view key, std::string_view sealed,
                                    std::string_view associated) {
  thread_local KeyedContext keyed(gcm(), 0);
  if (key.size() != key_bytes || sealed.size() < gcm_overhead_bytes ||
      sealed.size() > cipher_bytes_max) {
    return fail(Fault::malformed, "sealed bytes are too short");
  }
  auto* const context = keyed.begin(key, bytes(sealed));
  const auto plain_bytes = sealed.size() - gcm_overhead_bytes;
  auto out = uninitialised(plain_bytes);
  std::string tag(sealed.substr(sealed.size() - tag_bytes));
  int used = 0;
  int last = 0;
  const bool ok = context != nullptr &&
                  EVP_DecryptUpdate(context, nullptr, &used, bytes(associated),
                                    static_cast<int>(associated.size())) == 1 &&
                  EVP_DecryptUpdate(context, bytes(out), &used, bytes(sealed) + nonce_bytes,
                                    static_cast<int>(plain_bytes)) == 1 &&
                  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, tag_bytes, tag.data()) == 1 &&
                  EVP_DecryptFinal_ex(context, bytes(out) + used, &last) == 1;
  if (!ok) return fail(Fault::malformed, "sealed bytes do not open with this key");
  return out;
}

void random_bytes(std::span<std::uint8_t> out) {
  struct Pool {
    std::array<std::uint8_t, 4096> bytes{};
    std::size_t used = bytes.size();
  };
  thread_local Pool pool;
  if (out.size() > pool.bytes.size()) {
    require(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1, "RAND_bytes");
    return;
  }
  if (out.size() > pool.bytes.size() - pool.used) {
    require(RAND_bytes(pool.bytes.data(), static_cast<int>(pool.bytes.size())) == 1, "RAND_bytes");
    pool.used = 0;
  }
  auto* const first = pool.bytes.data() + pool.used;
  std::copy_n(first, out.size(), out.begin());
  OPENSSL_cleanse(first, out.size());  // nobody gets them twice, nor reads them later
  pool.used += out.size();
}

}  // namespace qnzs::schema::crypto
