-- prints: done
for i = 1, 0/0 do end
for i = 0/0, 1 do end
for i = 1/0, 1 do end
print('done')
