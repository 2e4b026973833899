#include "tools/cli/command.hpp"
#include "tools/cli/usage.hpp"

namespace qnzs::cli {
namespace {

// One case for each command of the tree, of what may follow it, and one for each option whose value
// is one of some words.
void list(const CLI::App& command, const std::string& path, std::string& lines,
          std::string& values) {
  std::string words;
  const auto children = command.get_subcommands([](const CLI::App*) { return true; });
  for (const auto* child : children) words += child->get_name() + " ";
  for (const auto* option : command.get_options()) {
    if (option->get_lnames().empty()) continue;
    const auto name = "--" + option->get_lnames().front();
    words += name + " ";
    std::string choices;
    for (const auto& choice : choices_of(*option)) choices += choice + " ";
    if (!choices.empty())
      values += "    \"" + path + " " + name + "\") words=\"" + choices + "\" ;;\n";
    if (choices.empty() && option->get_items_expected_max() > 0)
      values += "    \"" + path + " " + name + "\") return ;;\n";  // a file, or free
  }
  lines += "    \"" + path + "\") words=\"" + words + "\" ;;\n";
  for (const auto* child : children)
    list(*child, path.empty() ? child->get_name() : path + " " + child->get_name(), lines, values);
}

std::string bash_script(const CLI::App& root) {
  std::string lines, values;
  list(root, "", lines, values);
  return "# bash completion of qnzs; made by: qnzs completion\n"
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
         "  case \"$path ${COMP_WORDS[COMP_CWORD-1]}\" in\n" +
         values +
         "  esac\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\")\n"
         "}\n"
         "complete -o default -F _qnzs qnzs\n";
}

}  // namespace

void add_completion(CLI::App& root, Context& context) {
  auto* command = root.add_subcommand("completion", "打印 bash 的补全脚本:命令、选项与选项的值。");
  command->footer(
      "例子:\n  qnzs completion > /etc/bash_completion.d/qnzs\n  source <(qnzs completion)");
  command->callback([&root, &context] { context.out << bash_script(root); });
}

}  // namespace qnzs::cli
