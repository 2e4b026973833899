#pragma once

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace qnzs::tests {

// Writes FOLDER/NAME.pem and FOLDER/NAME.key: a certificate for `name`, signed by itself.
inline void make_certificate(const std::string& folder, const std::string& name, int days = 30) {
  const auto file = folder + "/" + name;
  const auto command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days " +
      std::to_string(days) + " -subj /CN=" + name +
      " -addext subjectAltName=IP:127.0.0.1 -keyout " + file + ".key -out " + file +
      ".pem 2>/dev/null && chmod 600 " + file + ".key";
  if (std::system(command.c_str()) != 0) throw std::runtime_error("no certificate");
}

}  // namespace qnzs::tests
