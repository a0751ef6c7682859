-- stopped by: any
-- Compiling does not stop for limits, so the size of chunks counts before.
while true do load(string.rep(' ', 1e6)) end
