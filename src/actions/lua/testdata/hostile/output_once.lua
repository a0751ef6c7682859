-- stopped by: output
print(string.rep('x', 1e6))
