-- stopped by: instructions
for i = 1, 1 / 0 do end
