-- prints: done
local parquet = require('encoding/parquet')
for n = 0, 255 do
  for size = 0, 20 do
    pcall(parquet.get_schema, 'PAR1' .. string.rep(string.char(n), size) .. string.char(size, 0, 0, 0) .. 'PAR1')
  end
  pcall(parquet.get_schema, 'PAR1' .. string.char(255, 255, 255, n) .. 'PAR1')
end
print('done')
