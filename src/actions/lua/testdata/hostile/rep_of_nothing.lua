-- prints: 0
print(#string.rep('', 1e15))
