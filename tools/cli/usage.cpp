#include "tools/cli/usage.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace qnzs::cli {
namespace {

std::vector<const CLI::App*> children_of(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App*) { return true; });
}

std::string names_of(const CLI::App& command) {
  std::string names;
  for (const auto* child : children_of(command)) names += " " + child->get_name();
  return names;
}

// How far the arguments go down the tree, and the first word that is no command where one must be.
struct Reached {
  const CLI::App* command;
  std::string path;
  std::string stranger;
};

Reached reached_by(const CLI::App& root, const std::vector<std::string>& arguments) {
  Reached reached{&root, "qnzs", ""};
  for (const auto& word : arguments) {
    if (word.starts_with('-')) break;
    const auto children = children_of(*reached.command);
    const auto child = std::ranges::find(children, word, &CLI::App::get_name);
    if (child == children.end()) {
      if (!children.empty()) reached.stranger = word;
      break;
    }
    reached.command = *child;
    reached.path += " " + word;
  }
  return reached;
}

std::string_view between(std::string_view text, std::string_view from, std::string_view to) {
  const auto start = text.find(from);
  if (start == std::string_view::npos) return {};
  text.remove_prefix(start + from.size());
  return text.substr(0, text.find(to));
}

// The library's validators say "Value 0 not in range 1 to 5" and "x not in {a,b}", ours the rest of
// the sentence.
std::string wanted(std::string_view what) {
  if (const auto range = between(what, "not in range ", "\n"); !range.empty())
    return ",应在 " + std::string(range.substr(0, range.find(" to "))) + " 到 " +
           std::string(range.substr(range.find(" to ") + 4)) + " 之间";
  if (const auto words = between(what, "not in {", "}"); !words.empty())
    return ",只能是 " + std::string(words) + " 之一";
  const auto said = between(what, ": ", "\n");
  return said.starts_with(',') ? std::string(said) : "";
}

std::string sentence(const CLI::ParseError& error) {
  const std::string_view what = error.what();
  const auto code = static_cast<CLI::ExitCodes>(error.get_exit_code());
  const auto name = std::string(what.substr(0, what.find_first_of(": ")));
  if (code == CLI::ExitCodes::RequiredError) return "缺少 " + name;
  if (code == CLI::ExitCodes::ExtrasError)
    return "不认识或多余的参数:" + std::string(what.substr(what.find(": ") + 2));
  if (code == CLI::ExitCodes::ArgumentMismatch) return name + " 后面缺少它的值";
  if (code == CLI::ExitCodes::ExcludesError)
    return name + " 与 " + std::string(between(what, "excludes ", "\n")) + " 只能给一个";
  if (code == CLI::ExitCodes::RequiresError)
    return name + " 须与 " + std::string(between(what, "requires ", "\n")) + " 同时给出";
  if (code == CLI::ExitCodes::ConversionError)
    return std::string(between(what, "convert: ", " =")) + " 的值应为数字";
  if (code == CLI::ExitCodes::ValidationError) return name + " 的值不对" + wanted(what);
  return "命令行写得不对";
}

}  // namespace

void speak_chinese(CLI::App& root) {
  constexpr std::array<std::pair<const char*, const char*>, 8> labels{{{"Usage", "用法"},
                                                                       {"OPTIONS", "选项"},
                                                                       {"SUBCOMMAND", "命令"},
                                                                       {"SUBCOMMANDS", "命令"},
                                                                       {"Positionals", "参数"},
                                                                       {"Needs", "须同时给出"},
                                                                       {"Excludes", "不可同时给出"},
                                                                       {"REQUIRED", "(必填)"}}};
  for (const auto& [english, chinese] : labels) root.get_formatter()->label(english, chinese);
  root.set_help_flag("-h,--help", "显示这份说明与例子");
  for (auto* option : root.get_options()) option->group("选项");
  for (auto* child : root.get_subcommands([](CLI::App*) { return true; })) {
    child->group("命令");
    speak_chinese(*child);
  }
}

std::string explain_usage(const CLI::App& root, const std::vector<std::string>& arguments,
                          const CLI::ParseError& error) {
  const auto reached = reached_by(root, arguments);
  const bool wants_command = !children_of(*reached.command).empty();
  auto text = !reached.stranger.empty() ? "没有 " + reached.stranger + " 这个命令;" + reached.path +
                                              " 之后可用:" + names_of(*reached.command)
              : wants_command && error.get_name() == "RequiredError"
                  ? reached.path + " 之后还要一个命令:" + names_of(*reached.command)
                  : sentence(error);
  return text + "\n用法与例子:" + reached.path + " --help\n";
}

std::vector<std::string> choices_of(const CLI::Option& option) {
  // The type's name is the only place where the library tells them: "TEXT:{a,b}".
  const auto type = option.get_type_name();
  auto words = between(type, "{", "}");
  std::vector<std::string> choices;
  while (!words.empty()) {
    const auto word = words.substr(0, words.find(','));
    choices.emplace_back(word);
    words.remove_prefix(std::min(words.size(), word.size() + 1));
  }
  return choices;
}

}  // namespace qnzs::cli
