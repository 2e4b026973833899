#include "tools/cli/command.hpp"

namespace qnzs::cli {
namespace {

// One line for each command of the tree: its words, then what may follow.
void list(const CLI::App& command, const std::string& path, std::string& lines) {
  std::string words;
  const auto children = command.get_subcommands([](const CLI::App*) { return true; });
  for (const auto* child : children) words += child->get_name() + " ";
  for (const auto* option : command.get_options()) {
    if (!option->get_lnames().empty()) words += "--" + option->get_lnames().front() + " ";
  }
  lines += "    \"" + path + "\") words=\"" + words + "\" ;;\n";
  for (const auto* child : children)
    list(*child, path.empty() ? child->get_name() : path + " " + child->get_name(), lines);
}

std::string bash_script(const CLI::App& root) {
  std::string lines;
  list(root, "", lines);
  return "# bash completion of qnzs; made by: qnzs completion bash\n"
         "_qnzs() {\n"
         "  local path=\"\" word words\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    [[ $word == -* ]] && break\n"
         "    path=\"${path:+$path }$word\"\n"
         "  done\n"
         "  case $path in\n" +
         lines +
         "    *) words=\"\" ;;\n"
         "  esac\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\")\n"
         "}\n"
         "complete -o default -F _qnzs qnzs\n";
}

}  // namespace

void add_completion(CLI::App& root, Context& context) {
  auto* command = root.add_subcommand("completion", "打印 bash 的补全脚本,由命令树生成。");
  command->footer("例子:\n  source <(qnzs completion)");
  command->callback([&root, &context] { context.out << bash_script(root); });
}

}  // namespace qnzs::cli
