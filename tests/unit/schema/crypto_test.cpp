#include "schema/crypto.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

namespace crypto = qnzs::schema::crypto;

namespace {

std::string bytes(std::string_view hex) {
  return *crypto::unhex(hex);
}

}  // namespace

TEST_CASE("Digests are those of FIPS 180-4, over pieces as over the whole") {
  CHECK(crypto::hex(crypto::sha1({"a", "bc"})) == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(crypto::hex(crypto::sha256({"abc"})) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("A running digest is at each moment that of what was added so far") {
  crypto::RunningSha256 running;
  CHECK(running.so_far() == crypto::sha256({""}));
  for (const char* piece : {"a", "", "bc"}) running.add(piece);
  CHECK(running.so_far() == crypto::sha256({"abc"}));
  running.add("d");
  CHECK(running.so_far() == crypto::sha256({"abcd"}));
}

TEST_CASE("HMAC-SHA256 is that of RFC 4231, test case 2") {
  const crypto::HmacKey key("Jefe");
  CHECK(crypto::hex(key.mac({"what do ya want ", "for nothing?"})) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("AES-256-CBC is that of NIST SP 800-38A, F.2.5") {
  const auto key = bytes("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4");
  const auto iv = bytes("000102030405060708090a0b0c0d0e0f");
  const auto plain = bytes("6bc1bee22e409f96e93d7e117393172a");
  const auto cipher = crypto::aes256_cbc_encrypt(key, iv, plain);
  REQUIRE(cipher);
  CHECK(*cipher == bytes("f58c4c04d6e5f1ba779eabfb5f7bfbd6"));
  CHECK(*crypto::aes256_cbc_decrypt(key, iv, *cipher) == plain);
  CHECK_FALSE(crypto::aes256_cbc_decrypt(key, iv, "short"));
}

TEST_CASE("What is sealed opens with the same key and associated data, and with no other") {
  const std::string key(32, 'k');
  const auto sealed = crypto::aes256_gcm_seal(key, "plain", "id");
  CHECK(sealed.size() == 5 + crypto::gcm_overhead_bytes);
  CHECK(*crypto::aes256_gcm_open(key, sealed, "id") == "plain");
  CHECK_FALSE(crypto::aes256_gcm_open(key, sealed, "other"));
  CHECK_FALSE(crypto::aes256_gcm_open(std::string(32, 'x'), sealed, "id"));
  auto flipped = sealed;
  flipped[14] = static_cast<char>(flipped[14] ^ 1);
  CHECK_FALSE(crypto::aes256_gcm_open(key, flipped, "id"));
  CHECK(crypto::aes256_gcm_seal(key, "plain", "id") != sealed);  // a fresh nonce
}

TEST_CASE("Base64 is that of RFC 4648, and spare bits are refused unless asked for") {
  CHECK(crypto::base64("foobar") == "Zm9vYmFy");
  CHECK(crypto::base64("foob") == "Zm9vYg==");
  CHECK(*crypto::unbase64("Zm9v\nYg==") == "foob");
  CHECK_FALSE(crypto::unbase64("Zm9vYh=="));
  CHECK(*crypto::unbase64("Zm9vYh==", crypto::Base64Trailing::ignore_bits) == "foob");
  for (const char* wrong : {"Z", "Zm9vYg", "Zm9vYg=", "Zm9v!g==", "=m9v", "Zm9vYg==Zm9v"})
    CHECK_FALSE(crypto::unbase64(wrong));
}

TEST_CASE("Keys may change from call to call, also after one that failed") {
  const std::array keys{std::string(32, '1'), std::string(32, '2')};
  const std::string iv(16, 'i');
  const std::string plain(48, 'p');
  std::array<std::string, 2> sealed;
  std::array<std::string, 2> cipher;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    sealed.at(i) = crypto::aes256_gcm_seal(keys.at(i), plain, "id");
    cipher.at(i) = *crypto::aes256_cbc_encrypt(keys.at(i), iv, plain);
  }
  for (const auto i : {0UZ, 0UZ, 1UZ, 1UZ, 0UZ, 1UZ, 0UZ}) {
    const auto& other = keys.at(1 - i);
    CHECK_FALSE(crypto::aes256_gcm_open(other, sealed.at(i), "id"));
    CHECK_FALSE(crypto::aes256_gcm_open(other, sealed.at(i), "id"));
    CHECK(crypto::aes256_gcm_open(keys.at(i), sealed.at(i), "id") == plain);
    CHECK(crypto::aes256_cbc_decrypt(other, iv, cipher.at(i)) != plain);
    CHECK(crypto::aes256_cbc_decrypt(keys.at(i), iv, cipher.at(i)) == plain);
    CHECK(crypto::aes256_cbc_encrypt(keys.at(i), iv, plain) == cipher.at(i));
    CHECK(crypto::aes256_gcm_open(keys.at(i), crypto::aes256_gcm_seal(keys.at(i), plain, "x"),
                                  "x") == plain);
  }
}

TEST_CASE("Base64 of any length comes back, also when it is broken into lines anywhere") {
  std::string bytes;
  for (int length = 0; length < 80; ++length, bytes.push_back(static_cast<char>(length * 37))) {
    const auto text = crypto::base64(bytes);
    CHECK(crypto::unbase64(text) == bytes);
    for (std::size_t at = 0; at <= text.size(); ++at) {
      auto broken = text;
      broken.insert(at, "\r\n");
      CHECK(crypto::unbase64(broken) == bytes);
      if (at == text.size()) continue;
      broken = text;
      broken[at] = '*';
      CHECK_FALSE(crypto::unbase64(broken));
    }
  }
}

TEST_CASE("Comparison is of whole texts") {
  CHECK(crypto::equal_constant_time("abc", "abc"));
  CHECK_FALSE(crypto::equal_constant_time("abc", "abd"));
  CHECK_FALSE(crypto::equal_constant_time("abc", "ab"));
}

TEST_CASE("Random bytes never come twice, in small pieces or large") {
  std::set<std::string> seen;
  for (std::size_t i = 0; i < 1000; ++i) {
    std::string piece(i % 3 == 0 ? 5000 : 12, '\0');
    crypto::random_bytes({reinterpret_cast<std::uint8_t*>(piece.data()), piece.size()});
    CHECK(seen.insert(piece).second);
  }
}
