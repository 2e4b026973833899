#include "adapters/hotline/call_record.hpp"

#include <array>

namespace qnzs::adapters::hotline {
namespace {

constexpr std::int64_t name_characters = 100;
constexpr std::int64_t line_characters = 500;
constexpr std::int64_t text_characters = 40'000;
constexpr std::int64_t day_ms = 24LL * 3600 * 1000;

constexpr Member text(std::string_view name, std::int64_t max, std::string_view description) {
  return {.name = name, .shape = Shape::text, .description = description, .max = max};
}
constexpr Member integer(std::string_view name, std::int64_t max, std::string_view description) {
  return {.name = name, .shape = Shape::integer, .description = description, .max = max};
}
constexpr Member plain(std::string_view name, Shape shape, std::string_view description) {
  return {.name = name, .shape = shape, .description = description};
}
constexpr Member word(std::string_view name, std::span<const std::string_view> choices,
                      std::string_view description) {
  return {.name = name, .shape = Shape::word, .description = description, .choices = choices};
}
constexpr Member object(std::string_view name, std::span<const Member> members,
                        std::string_view description) {
  return {.name = name, .shape = Shape::object, .description = description, .members = members};
}
constexpr Member objects(std::string_view name, std::int64_t max, std::span<const Member> members,
                         std::string_view description) {
  return {.name = name,
          .shape = Shape::objects,
          .description = description,
          .max = max,
          .members = members};
}
constexpr Member texts(std::string_view name, std::int64_t max, std::string_view description) {
  return {.name = name, .shape = Shape::texts, .description = description, .max = max};
}
constexpr Member required(Member member) {
  member.is_required = true;
  if (member.shape == Shape::text) member.min = 1;
  return member;
}
constexpr Member placed(Member member) {
  member.has_place = true;
  return member;
}

constexpr std::array<std::string_view, 2> directions{"inbound", "outbound"};
constexpr std::array<std::string_view, 3> roles{"caller", "operator", "system"};
constexpr std::array<std::string_view, 3> urgencies{"一般", "紧急", "特急"};

constexpr std::array call{
    placed(word("direction", directions, "inbound 来电,outbound 去电;不填为来电")),
    placed(required(plain("started_at", Shape::time, "通话开始的时间"))),
    placed(integer("waited_ms", day_ms, "接通前等待,毫秒")),
    placed(integer("talk_ms", day_ms, "通话时长,毫秒")),
    placed(text("disposition", 32,
                "结果:answered no_answer busy abandoned voicemail,或服务台自己的说法")),
    placed(text("operator", name_characters, "接线员工号")),
    text("call_id", name_characters, "话务系统的通话编号,仅供查对")};

constexpr std::array person{placed(text("name", name_characters, "姓名或称呼")),
                            text("sex", 16, "性别"),
                            integer("age", 150, "年龄"),
                            text("age_band", 32, "年龄段,如 14-17"),
                            placed(plain("phone", Shape::phone, "联系电话,写成文字")),
                            text("second_contact", name_characters, "其他联系方式"),
                            text("school_or_work", line_characters, "学校或单位"),
                            placed(text("district", name_characters, "所在地区,名称或区划代码")),
                            text("identity", name_characters, "身份,如 学生、职工"),
                            plain("anonymous", Shape::flag, "来电人要求匿名"),
                            plain("confidential", Shape::flag, "来电人要求保密:整张工单按保密处理"),
                            plain("under_18", Shape::flag, "未满十八岁")};

constexpr std::array category{
    text("code", 64, "类别代码"), text("system", name_characters, "代码表的名称"),
    text("version", 64, "代码表的版本"), text("name", name_characters, "类别名称")};

constexpr std::array essentials{
    text("who", line_characters, "人物"), text("when", line_characters, "时间"),
    text("where", line_characters, "地点"), text("cause", line_characters, "起因"),
    text("course", text_characters, "经过")};

constexpr std::array matter{text("kind", 32, "咨询 求助 投诉 举报 建议 表扬,或服务台自己的分法"),
                            object("category", category, "诉求类别"),
                            text("title", line_characters, "标题"),
                            placed(text("text", text_characters, "诉求内容")),
                            text("place", line_characters, "事发地点"),
                            plain("happened_at", Shape::time, "事发时间"),
                            object("essentials", essentials, "五要素,知道多少写多少"),
                            texts("complained_of", 50, "被反映的人或单位")};

constexpr std::array judgement{
    word("urgency", urgencies, "紧急程度"),
    plain("crisis", Shape::flag, "接线员判断为危机"),
    text("crisis_grade", 32, "危机等级,按服务台自己的分级"),
    plain("mandatory_report", Shape::flag, "须强制报告(疑似侵害未成年人)"),
    plain("sensitive", Shape::flag, "敏感"),
    text("repeats", 128, "重复来电:首次记录的 record_no"),
    text("merged_into", 128, "并入的记录的 record_no"),
    text("note", line_characters, "判断的理由")};

constexpr std::array limit{
    text("kind", 32, "时限的种类,如 签收、办结"), text("value", 64, "时限,如 5 个工作日"),
    text("calendar", 32, "工作日或自然日"), plain("until", Shape::time, "到期时间")};
constexpr std::array returned{plain("at", Shape::time, "退回时间"),
                              text("reason", line_characters, "退回原因")};
constexpr std::array extension{
    plain("asked_at", Shape::time, "申请时间"), text("reason", line_characters, "申请理由"),
    text("granted_by", name_characters, "批准人"), plain("until", Shape::time, "延至")};
constexpr std::array flow{text("responsible_unit", line_characters, "主办单位"),
                          texts("assisting_units", 50, "协办单位"),
                          plain("dispatched_at", Shape::time, "派单时间"),
                          plain("signed_at", Shape::time, "签收时间"),
                          objects("limits", 20, limit, "各项时限"),
                          objects("returned", 50, returned, "历次退回"),
                          object("extension", extension, "延期")};

constexpr std::array approval{text("by", name_characters, "审批人"),
                              plain("at", Shape::time, "审批时间"),
                              text("decision", name_characters, "意见")};
constexpr std::array result{text("handling", text_characters, "办理情况"),
                            text("reply", text_characters, "答复内容"),
                            objects("approvals", 20, approval, "审批过程"),
                            plain("replied_at", Shape::time, "答复时间"),
                            text("reply_channel", 64, "答复方式"),
                            plain("citizen_told", Shape::flag, "已告知来电人")};

constexpr std::array after{plain("called_back_at", Shape::time, "回访时间"),
                           text("by", name_characters, "回访人"),
                           plain("reached", Shape::flag, "是否联系上"),
                           text("satisfied_with_handling", 32, "对办理的评价;未评也照实写"),
                           text("satisfied_with_result", 32, "对结果的评价;未评也照实写"),
                           text("dissatisfaction", line_characters, "不满意的原因"),
                           text("redo_no", 128, "重办的编号")};

constexpr std::array file{required(text("ref", 256, "服务台能据以找到文件的编号")),
                          text("url", 2000, "取得文件的地址"),
                          plain("sha256", Shape::digest, "SHA-256,64 个小写十六进制数字"),
                          integer("bytes", 1LL << 40, "字节数"),
                          text("media_type", name_characters, "媒体类型,如 audio/wav"),
                          text("name", 255, "文件名")};
constexpr std::array media{placed(object("recording", file, "录音")),
                           placed(objects("attachments", 50, file, "附件")),
                           text("transcript_ref", 256, "转写文件的编号")};

constexpr std::array segment{
    required(integer("start_ms", day_ms, "从通话开始算起,毫秒")),
    required(integer("end_ms", day_ms, "结束,不早于 start_ms")),
    required(word("role", roles, "caller 来电人,operator 接线员,system 语音提示")),
    placed(text("text", text_characters, "所说的话")),
    plain("confidence", Shape::real, "识别的把握,0 至 1")};

constexpr std::array batch{text("no", 128, "批次的编号或文件名"),
                           integer("row", 0x7fffffff, "批次中的第几行")};

constexpr std::array record{
    required(placed(text("record_no", 128, "服务台的记录编号,不重复、不再用"))),
    placed(integer("revision", 0x7fffffff,
                   "版本:首次为 0(可不填),每改一次加大;同号同版本视为重复,不更新")),
    text("sheet_no", 128, "工单编号,与记录编号不同时填,仅供查对"),
    object("batch", batch, "从批量导入而来时,来自哪一批,仅供查对"),
    placed(plain("recorded_at", Shape::time, "登记时间;不填则取通话开始的时间")),
    required(object("call", call, "通话")),
    object("person", person, "来电人"),
    object("matter", matter, "诉求"),
    object("judgement", judgement, "接线员的判断,原样保留"),
    object("flow", flow, "流转"),
    object("result", result, "办理结果"),
    object("after", after, "回访"),
    object("media", media, "录音与附件;本身不随消息传送"),
    placed(objects("transcript", 5000, segment, "通话转写,按时间先后")),
    plain("extra", Shape::free, "服务台自有的项目,任意 JSON 对象,原样保留")};

}  // namespace

std::span<const Member> call_record() {
  return record;
}

}  // namespace qnzs::adapters::hotline
