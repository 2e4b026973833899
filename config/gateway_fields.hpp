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

// What does not fit together across sections; keys are "section.key".
std::vector<SectionProblem> across_sections(const GatewaySettings& settings);

// All of them, in the order of the file: each section with the member that it fills, either one
// struct or a vector of them. Who goes through the sections does it by this list.
template <class Visit>
void for_each_section(Visit visit) {
  visit(installation_section(), &GatewaySettings::installation);
  visit(seal_key_section(), &GatewaySettings::seal_keys);
  visit(site_section(), &GatewaySettings::sites);
  visit(http_section(), &GatewaySettings::http);
  visit(admin_section(), &GatewaySettings::admin);
  visit(journal_section(), &GatewaySettings::journal);
  visit(kafka_section(), &GatewaySettings::kafka);
  visit(publisher_section(), &GatewaySettings::publisher);
  visit(alarm_section(), &GatewaySettings::alarm);
  visit(log_section(), &GatewaySettings::log);
}

}  // namespace qnzs::config
