#include "actions/lua/modules/go_time.h"
#include "actions/lua/modules/modules.h"

#include <fmt/format.h>

#include <cmath>

namespace tarn::actions::lua {
namespace {

constexpr double kNanosPerSecond = 1e9;
/// A layout is compared with every element at every place.
constexpr std::size_t kBytesPerLayoutByte = 64;
/// Of a zone file.
constexpr std::size_t kZoneBytes = 64 * kKiB;
constexpr std::string_view kIsoLayout = "2006-01-02T15:04:05-07:00";

/// A time argument in whole seconds; the part below a second is dropped, as it always was.
std::int64_t seconds_argument(Call& call, int n) {
  const double nanos = call.number(n);
  if (!(std::fabs(nanos) < 9.2e18)) {
    call.argument_error(n, "time out of range");
  }
  return static_cast<std::int64_t>(std::floor(nanos / kNanosPerSecond));
}

std::string format_at(Call& call, std::int64_t unix_s, std::string_view layout,
                      std::string_view zone_name) {
  call.charge_bytes(kZoneBytes);
  // "Local" would make the same script print something else on another machine.
  const TimeZone zone = call.unwrap(
      TimeZone::load(zone_name == "Local" ? std::string("UTC") : std::string(zone_name)));
  return format_go_time(unix_s, 0, zone.at(unix_s), layout);
}

double nanos_of(const ParsedTime& time) {
  return static_cast<double>(time.unix_s) * kNanosPerSecond + time.nanos;
}

int time_now(Call& call) {
  call.push(static_cast<double>(call.clock().now().time_since_epoch().count()));
  return 1;
}

int time_format(Call& call) {
  call.charge_bytes(kBytesPerLayoutByte * call.string(2).size());
  call.push(format_at(call, seconds_argument(call, 1), call.string(2), call.string(3)));
  return 1;
}

int time_format_iso(Call& call) {
  call.push(format_at(call, seconds_argument(call, 1), kIsoLayout, call.string_or(2, "UTC")));
  return 1;
}

int time_parse(Call& call) {
  call.charge_bytes(kBytesPerLayoutByte * call.string(1).size() + call.string(2).size());
  call.push(nanos_of(call.unwrap(parse_go_time(call.string(1), call.string(2)))));
  return 1;
}

int time_parse_iso(Call& call) {
  call.push(nanos_of(call.unwrap(parse_go_time(kIsoLayout, call.string(1)))));
  return 1;
}

int time_add(Call& call) {
  const double start = call.number(1);
  call.require_table(2);
  const double seconds = call.field_number(2, "hour").value_or(0) * 3600 +
                         call.field_number(2, "minute").value_or(0) * 60 +
                         call.field_number(2, "second").value_or(0);
  call.push(start + seconds * kNanosPerSecond);
  return 1;
}

int time_since(Call& call) {
  call.push(static_cast<double>(call.clock().now().time_since_epoch().count()) - call.number(1));
  return 1;
}

int time_sleep(Call& call) {
  const double nanos = call.number(1);
  if (nanos > 0) {
    // Longer than any deadline is as good as for ever.
    const auto duration =
        std::chrono::nanoseconds(static_cast<std::int64_t>(std::fmin(nanos, 1e18)));
    call.engine().wait([] { return false; }, call.clock().steady_now() + duration);
  }
  return 0;
}

}  // namespace

const Module& time_module() {
  static const Module kModule = {"time",
                                 {{"now", time_now},
                                  {"format", time_format},
                                  {"format_iso", time_format_iso},
                                  {"parse", time_parse},
                                  {"parse_iso", time_parse_iso},
                                  {"add", time_add},
                                  {"since", time_since},
                                  {"sleep", time_sleep}}};
  return kModule;
}

}  // namespace tarn::actions::lua
