#pragma once

#include "config/gateway.hpp"
#include "gateway/kafka/consumer.hpp"
#include "gateway/kafka/patience.hpp"
#include "gateway/kafka/topic_reader.hpp"
#include "schema/error.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace qnzs::kafka {

// Gives every record of the reader to `take`, to the reader's end; as below.
schema::Result<void> read_to_end(
    TopicReader& reader, const Patience& patience,
    const std::function<schema::Result<void>(const ConsumedRecord&)>& take);

// Gives every committed record of the topic to `take`, from its beginning (or from
// the records of `from_ms` on, milliseconds since 1970) to where it ends at the
// call; transactions that are open before that end are waited for, or left out. However long the
// topic, each question and each time without progress may take as long as `patience` says. What
// `take` refuses ends it. Blocking. Faults: busy (Kafka is away, or nothing comes), forbidden,
// internal, and those of `take`.
schema::Result<void> read_whole_topic(
    const config::KafkaSettings& settings, const std::string& topic, const Patience& patience,
    const std::function<schema::Result<void>(const ConsumedRecord&)>& take,
    std::optional<std::int64_t> from_ms = {},
    TopicReader::Open open = TopicReader::Open::waited_for);

}  // namespace qnzs::kafka
