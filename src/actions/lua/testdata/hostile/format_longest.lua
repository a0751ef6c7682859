-- prints: 410
print(#string.format('%+.99f', -math.huge))
