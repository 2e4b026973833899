#include "adapters/wechat/content.hpp"

#include <array>
#include <cmath>
#include <string>

namespace qnzs::adapters::wechat {
namespace {

using schema::Message;

constexpr std::chrono::days media_time{3};  // how long a MediaId can be fetched

std::uint32_t add_media(Message& message, std::string_view media_id, std::string_view url,
                        std::string media_type) {
  schema::Attachment attachment;
  attachment.ref = "wechat-media:" + std::string(media_id);
  attachment.source_url = url;
  attachment.media_type = std::move(media_type);
  attachment.expires_at = {message.sent_at->at + media_time, message.sent_at->offset_minutes};
  message.attachments.push_back(std::move(attachment));
  return static_cast<std::uint32_t>(message.attachments.size() - 1);
}

schema::MediaPart media_part(schema::MediaPart::Type type, std::string text,
                             std::uint32_t attachment) {
  schema::MediaPart part;
  part.type = type;
  part.text = std::move(text);
  part.attachment = attachment;
  return part;
}

bool add_text(const Push& push, Message& message) {
  message.text = push.text("Content");
  message.parts.emplace_back(schema::TextPart{message.text});
  return true;
}

bool add_image(const Push& push, Message& message) {
  const auto media_id = push.text("MediaId");
  if (media_id.empty()) return false;
  const auto attachment = add_media(message, media_id, push.text("PicUrl"), "");
  message.parts.emplace_back(media_part(schema::MediaPart::Type::image, "[图片]", attachment));
  return true;
}

bool add_voice(const Push& push, Message& message) {
  const auto media_id = push.text("MediaId");
  if (media_id.empty()) return false;
  const auto format = push.text("Format");
  const auto media_type = format == "amr"     ? std::string("audio/amr")
                          : format == "speex" ? std::string("audio/speex")
                                              : std::string();
  const auto attachment = add_media(message, media_id, "", media_type);
  if (const auto wide = push.text("MediaId16K"); !wide.empty())
    add_media(message, wide, "", media_type);
  auto part = media_part(schema::MediaPart::Type::voice, "[语音]", attachment);
  part.transcript = push.text("Recognition");  // empty since 2023; never the only text
  message.text = part.transcript;
  message.parts.emplace_back(std::move(part));
  return true;
}

bool add_video(const Push& push, Message& message) {
  const auto media_id = push.text("MediaId");
  if (media_id.empty()) return false;
  auto part =
      media_part(schema::MediaPart::Type::video, "[视频]", add_media(message, media_id, "", ""));
  if (const auto thumb = push.text("ThumbMediaId"); !thumb.empty())
    part.thumbnail = add_media(message, thumb, "", "");
  message.parts.emplace_back(std::move(part));
  return true;
}

bool add_location(const Push& push, Message& message) {
  const auto latitude = push.real("Location_X");  // X is the latitude
  const auto longitude = push.real("Location_Y");
  if (!latitude || !longitude || std::abs(*latitude) > 90 || std::abs(*longitude) > 180)
    return false;
  schema::LocationPart part;
  part.latitude = *latitude;
  part.longitude = *longitude;
  part.datum = "gcj02";
  if (const auto scale = push.integer("Scale"); scale >= 0) part.scale = scale;
  part.label = push.text("Label");
  part.text = part.label.empty() ? "[位置]" : "[位置] " + part.label;
  message.text = part.label;
  message.parts.emplace_back(std::move(part));
  for (const char* member : {"latitude", "longitude", "label", "text"})
    message.pii.emplace(std::string("/parts/0/") + member, schema::PiiClass::address);
  if (!message.text.empty()) message.pii.emplace("/text", schema::PiiClass::address);
  return true;
}

bool add_link(const Push& push, Message& message) {
  const auto url = push.text("Url");
  if (url.empty()) return false;
  schema::LinkPart part;
  part.url = url;
  part.title = push.text("Title");
  part.description = push.text("Description");
  part.text = part.title.empty() ? part.url : part.title + " " + part.url;
  message.text = part.title;
  if (!part.description.empty())
    message.text += (message.text.empty() ? "" : "\n") + part.description;
  message.parts.emplace_back(std::move(part));
  return true;
}

// A page of a mini program; what has a place nowhere else stands in the part's data.
bool add_mini_program_page(const Push& push, Message& message) {
  schema::EventPart part;
  part.name = "miniprogrampage";
  message.text = push.text("Title");
  part.text = message.text.empty() ? "[小程序]" : "[小程序] " + message.text;
  for (const char* name : {"Title", "AppId", "PagePath", "ThumbUrl", "ThumbMediaId"}) {
    if (const auto value = push.text(name); !value.empty()) part.data.emplace_back(name, value);
  }
  message.parts.emplace_back(std::move(part));
  return true;
}

struct Type {
  std::string_view name;
  bool (*add)(const Push&, Message&);
};
constexpr std::array<Type, 8> types{{{"text", add_text},
                                     {"image", add_image},
                                     {"voice", add_voice},
                                     {"video", add_video},
                                     {"shortvideo", add_video},
                                     {"location", add_location},
                                     {"link", add_link},
                                     {"miniprogrampage", add_mini_program_page}}};

}  // namespace

bool add_message(const Push& push, Message& message) {
  const auto name = lower(push.type());
  for (const auto& type : types) {
    if (type.name != name) continue;
    message.kind = schema::Kind::message;
    return type.add(push, message);
  }
  return false;
}

}  // namespace qnzs::adapters::wechat
