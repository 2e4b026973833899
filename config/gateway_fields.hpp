#pragma once

#include "config/gateway.hpp"
#include "config/section.hpp"

// The rows of the gateway's own sections, one function for each section of the file.
namespace qnzs::config {

const Section<InstallationSettings>& installation_section();
const Section<SealKeySettings>& seal_key_section();
const Section<SiteSettings>& site_section();
const Section<HttpSettings>& http_section();
const Section<AdminSettings>& admin_section();
const Section<JournalSettings>& journal_section();
const Section<KafkaSettings>& kafka_section();
const Section<PublisherSettings>& publisher_section();
const Section<AlarmSettings>& alarm_section();
const Section<LogSettings>& log_section();

}  // namespace qnzs::config
