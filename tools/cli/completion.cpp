#include "tools/cli/command.hpp"
#include "tools/cli/usage.hpp"

#include <CLI/CLI.hpp>

namespace qnzs::cli {
namespace {

// One case for each command of the tree, of what may follow it, and one for each option whose value
// is one of some words.
struct Script {
  std::string commands;       // the pattern of one case
  std::string words, values;  // cases
};

void list(const CLI::App& command, const std::string& path, Script& script) {
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
      script.values += "    \"" + path + " " + name + "\") words=\"" + choices + "\" ;;\n";
    if (choices.empty() && option->get_items_expected_max() > 0)
      script.values += "    \"" + path + " " + name + "\") return ;;\n";  // a file, or free
  }
  // Where a file may stand, only what begins like an option is one.
  const bool takes_file =
      !command.get_options([](const CLI::Option* option) { return option->get_positional(); })
           .empty();
  script.words += "    \"" + path + "\") " + (takes_file ? "[[ $current == -* ]] && " : "") +
                  "words=\"" + words + "\" ;;\n";
  for (const auto* child : children) {
    const auto below = path.empty() ? child->get_name() : path + " " + child->get_name();
    script.commands += (script.commands.empty() ? "\"" : " | \"") + below + "\"";
    list(*child, below, script);
  }
}

std::string bash_script(const CLI::App& root) {
  Script script;
  list(root, "", script);
  return "# bash completion of qnzs; made by: qnzs completion\n"
         "_qnzs() {\n"
         "  local path=\"\" path_and_word word words=\"\" current=${COMP_WORDS[COMP_CWORD]}\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    path_and_word=\"${path:+$path }$word\"\n"
         "    case $path_and_word in  # what is no command is a file, an option or its value\n"
         "      " +
         script.commands +
         ") path=$path_and_word ;;\n"
         "    esac\n"
         "  done\n"
         "  case $path in\n" +
         script.words +
         "  esac\n"
         "  case \"$path ${COMP_WORDS[COMP_CWORD-1]}\" in\n" +
         script.values +
         "  esac\n"
         "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
         "}\n"
         "complete -o default -F _qnzs qnzs\n";
}

}  // namespace

void add_completion(CLI::App& root, Context& context) {
  auto* command = root.add_subcommand("completion", "打印 bash 的补全脚本:命令、选项与选项的值。");
  command->footer(
      "例子:\n"
      "  qnzs completion > /etc/bash_completion.d/qnzs\n"
      "只在当前的 bash 里用:source <(qnzs completion)。退出码:0 好,1 写不出。");
  command->callback([&root, &context] { context.out << bash_script(root); });
}

}  // namespace qnzs::cli
