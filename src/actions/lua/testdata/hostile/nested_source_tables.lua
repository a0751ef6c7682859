-- prints: nil\ttrue
local f, err = load('return ' .. string.rep('{', 1e5))
print(f, err:find('overflow') ~= nil or err:find('levels') ~= nil)
