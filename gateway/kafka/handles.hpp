#pragma once

#include <memory>

// Owners of librdkafka's objects. The only header that names its types; what they are is known to
// the sources of this folder alone.
extern "C" {
using rd_kafka_t = struct rd_kafka_s;
using rd_kafka_conf_t = struct rd_kafka_conf_s;
using rd_kafka_topic_t = struct rd_kafka_topic_s;
using rd_kafka_topic_conf_t = struct rd_kafka_topic_conf_s;
using rd_kafka_queue_t = struct rd_kafka_queue_s;
using rd_kafka_error_t = struct rd_kafka_error_s;
}

namespace qnzs::kafka {

struct Destroy {
  void operator()(rd_kafka_t* client) const;  // bounded: what is queued is thrown away first
  void operator()(rd_kafka_conf_t* conf) const;
  void operator()(rd_kafka_topic_t* topic) const;
  void operator()(rd_kafka_queue_t* queue) const;
  void operator()(rd_kafka_error_t* error) const;
};

using ClientHandle = std::unique_ptr<rd_kafka_t, Destroy>;
using ConfHandle = std::unique_ptr<rd_kafka_conf_t, Destroy>;
using TopicHandle = std::unique_ptr<rd_kafka_topic_t, Destroy>;
using QueueHandle = std::unique_ptr<rd_kafka_queue_t, Destroy>;
using ErrorHandle = std::unique_ptr<rd_kafka_error_t, Destroy>;

}  // namespace qnzs::kafka
