#include "actions/outbound.h"

#include <gtest/gtest.h>

namespace tarn::actions {
namespace {

/// `yes`, or why not.
std::string verdict(const std::vector<std::string>& entries, std::string_view host,
                    std::string_view address) {
  const Result<OutboundRules> rules = OutboundRules::parse(entries);
  if (!rules) {
    return rules.error().message();
  }
  const Result<void> checked = rules->check(host, address);
  if (checked) {
    return "yes";
  }
  EXPECT_TRUE(checked.error().is(kConnectionRefused)) << checked.error().message();
  return "no";
}

TEST(OutboundRules, NamesSayWhoAndSpecialAddressesStayOut) {
  const std::vector<std::string> all{"*"};
  EXPECT_EQ(verdict(all, "example.com", "93.184.216.34"), "yes");
  EXPECT_EQ(verdict(all, "10.1.2.3", "10.1.2.3"), "yes");
  EXPECT_EQ(verdict(all, "example.com", "2606:2800:220:1::1"), "yes");
  EXPECT_EQ(verdict(all, "fd12::1", "fd12::1"), "yes");
  for (const std::string_view address : {"127.0.0.1",
                                         "127.9.9.9",
                                         "0.0.0.0",
                                         "0.1.2.3",
                                         "169.254.169.254",
                                         "169.254.170.2",
                                         "100.100.100.200",
                                         "192.0.0.192",
                                         "168.63.129.16",
                                         "224.0.0.1",
                                         "255.255.255.255",
                                         "::",
                                         "::1",
                                         "fe80::1",
                                         "fe80::1%eth0",
                                         "febf::1",
                                         "ff02::1",
                                         "fd00:ec2::254",
                                         "fd20:ce::254",
                                         "::ffff:127.0.0.1",
                                         "::ffff:a9fe:a9fe",
                                         "::127.0.0.1",
                                         "64:ff9b::7f00:1",
                                         "64:ff9b::169.254.169.254",
                                         "64:ff9b:1::a9fe:a9fe",
                                         "2002:7f00:1::",
                                         "2002:a9fe:a9fe::1"}) {
    EXPECT_EQ(verdict(all, "innocent.example.com", address), "no") << address;
  }
  // Neighbours of these are as good as any.
  for (const std::string_view address :
       {"1.0.0.1", "126.255.255.255", "128.0.0.1", "169.253.1.1", "169.255.0.1", "100.100.100.201",
        "223.255.255.255", "64:ff9b::5db8:d822", "2002:5db8:d822::1", "fd00:ec2::1"}) {
    EXPECT_EQ(verdict(all, "innocent.example.com", address), "yes") << address;
  }
}

TEST(OutboundRules, NetworksSayWhere) {
  const std::vector<std::string> rules{"hooks.example.com", "*.internal", "10.0.0.0/9", "::1",
                                       "fe80::/10"};
  EXPECT_EQ(verdict(rules, "hooks.example.com", "93.184.216.34"), "yes");
  EXPECT_EQ(verdict(rules, "HOOKS.example.COM.", "93.184.216.34"), "yes");
  EXPECT_EQ(verdict(rules, "hooks.example.com.evil.org", "93.184.216.34"), "no");
  EXPECT_EQ(verdict(rules, "xhooks.example.com", "93.184.216.34"), "no");
  EXPECT_EQ(verdict(rules, "a.b.internal", "93.184.216.34"), "yes");
  EXPECT_EQ(verdict(rules, "internal", "93.184.216.34"), "no");
  EXPECT_EQ(verdict(rules, "whatever", "10.127.0.1"), "yes");
  EXPECT_EQ(verdict(rules, "whatever", "10.128.0.1"), "no");
  EXPECT_EQ(verdict(rules, "whatever", "::ffff:10.0.0.1"), "yes");
  EXPECT_EQ(verdict(rules, "hooks.example.com", "::1"), "yes");
  EXPECT_EQ(verdict(rules, "hooks.example.com", "127.0.0.1"), "no");
  EXPECT_EQ(verdict(rules, "x", "fe81::2"), "yes");
}

TEST(OutboundRules, LocalhostIsANameAndItsNetworks) {
  EXPECT_EQ(verdict({"localhost"}, "localhost", "127.0.0.1"), "yes");
  EXPECT_EQ(verdict({"localhost"}, "127.0.0.1", "127.0.0.1"), "yes");
  EXPECT_EQ(verdict({"localhost"}, "localhost", "::1"), "yes");
  EXPECT_EQ(verdict({"localhost"}, "localhost", "169.254.169.254"), "no");
  EXPECT_EQ(verdict({"localhost"}, "example.com", "93.184.216.34"), "no");
}

TEST(OutboundRules, NothingIsAllowedWithoutAnEntry) {
  EXPECT_EQ(verdict({}, "example.com", "93.184.216.34"), "no");
  EXPECT_EQ(OutboundRules().check("h", "1.2.3.4").error().message(),
            "h (1.2.3.4): hooks may not connect there (actions.allowed_hosts)");
  EXPECT_EQ(OutboundRules().check("127.0.0.1", "127.0.0.1").error().message(),
            "127.0.0.1, an address of this machine or its link: hooks may not connect there "
            "(actions.allowed_hosts)");
  EXPECT_EQ(OutboundRules().check("h", "nonsense").error().message(), "'nonsense' is no address");
}

TEST(OutboundRules, BadEntriesAreNamed) {
  for (const std::string bad : {"", " ", "a b", "http://host", "10.0.0.0/33", "10.0.0.0/", "::/129",
                                "host:80", "10.0.0.0/8x", "host/8"}) {
    EXPECT_EQ(verdict({"*", bad}, "h", "1.2.3.4").substr(0, 25 + bad.size()),
              "actions.allowed_hosts: '" + bad + "'")
        << bad;
  }
}

}  // namespace
}  // namespace tarn::actions
