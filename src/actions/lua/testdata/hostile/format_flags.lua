-- raises: invalid format (repeated flags)
string.format('%------------d', 1)
