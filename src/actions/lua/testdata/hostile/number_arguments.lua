-- prints: done
local calls = {
  function(x) require('strings').replace('abc', 'b', 'c', x) end,
  function(x) require('regexp').compile('a').find_all('aaa', x) end,
  function(x) string.rep('', x) end, function(x) string.sub('abc', x, x) end,
  function(x) string.byte('abc', x, x) end, function(x) string.char(x) end,
  function(x) string.find('abc', 'b', x) end, function(x) string.format('%d %x %c %5.2f', x, x, x, x) end,
  function(x) string.gsub('abc', 'b', 'c', x) end, function(x) table.concat({}, '', x) end,
  function(x) table.insert({}, x, 1) end, function(x) table.remove({1}, x) end,
  function(x) table.unpack({}, x) end, function(x) select(x) end, function(x) math.random(x) end,
  function(x) math.random(x, x) end, function(x) math.randomseed(x) end, function(x) bit32.lshift(1, x) end,
  function(x) debug.traceback('x', x) end, function(x) debug.getupvalue(function() end, x) end,
  function(x) math.ldexp(1, x) end, function(x) tonumber('1', x) end, function(x) error('x', x) end,
}
for _, x in ipairs{0, -1, 1e300, -1e300, 0/0, 1/0, -1/0, 2 ^ 31, -2 ^ 31, 2 ^ 31 - 1, 2 ^ 63, -2 ^ 63, 2 ^ 53, 0.5, -0.5} do
  for _, call in ipairs(calls) do pcall(call, x) end
end
print('done')
