-- stopped by: deadline
-- liblua hashes only every second character of strings this long, so that all of these share a slot and
-- making one takes longer with each. Instructions do not measure that, time does.
local gap = {}
for c = 0, 255 do gap[c] = string.char(c) .. '.' end
for n = 0, 1e9 do
  local s = string.rep('x', 20)
  for _ = 1, 10 do
    s = s .. gap[n % 256]
    n = math.floor(n / 256)
  end
end
