#include "gateway/kafka/handles.hpp"

#include <librdkafka/rdkafka.h>

namespace qnzs::kafka {

void Destroy::operator()(rd_kafka_t* client) const {
  // With records queued and the broker away, destroying waits for their time-out.
  if (rd_kafka_type(client) == RD_KAFKA_PRODUCER) {
    rd_kafka_purge(client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  }
  rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

void Destroy::operator()(rd_kafka_conf_t* conf) const {
  rd_kafka_conf_destroy(conf);
}
void Destroy::operator()(rd_kafka_topic_t* topic) const {
  rd_kafka_topic_destroy(topic);
}
void Destroy::operator()(rd_kafka_queue_t* queue) const {
  rd_kafka_queue_destroy(queue);
}
void Destroy::operator()(rd_kafka_error_t* error) const {
  rd_kafka_error_destroy(error);
}

}  // namespace qnzs::kafka
