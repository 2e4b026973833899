#include "config/file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace qnzs::config {

std::string why_unreadable(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) {
    if (errno == EACCES) return "没有进入它所在文件夹的权限,请检查各级文件夹:" + path;
    if (errno == ENOENT || errno == ENOTDIR) return "文件不存在,请检查路径:" + path;
    return "文件读不了,请检查路径与磁盘:" + path;
  }
  if (S_ISDIR(status.st_mode)) return "这是一个文件夹,请给出其中的文件:" + path;
  if (!S_ISREG(status.st_mode)) return "这不是普通的文件:" + path;
  if (faccessat(AT_FDCWD, path.c_str(), R_OK, AT_EACCESS) != 0)
    return "没有读这个文件的权限,请改为归运行网关的用户所有:" + path;
  return {};
}

}  // namespace qnzs::config
