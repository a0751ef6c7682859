-- prints: done
local time = require('time')
for _, ns in ipairs{1e300, -1e300, 0/0, 1/0, -1/0, 2 ^ 63, -2 ^ 63, 2 ^ 53} do
  pcall(time.format_iso, ns, 'America/New_York')
  pcall(time.add, ns, {hour = 1e300, minute = -1e300, second = 0/0})
  pcall(time.since, ns)
end
for _, s in ipairs{'9999-99-99T99:99:99+99:99', '-1', '', string.rep('9', 1e5)} do pcall(time.parse_iso, s) end
print('done')
