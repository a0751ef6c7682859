-- raises: malformed pattern (missing ']')
string.match('a', '[^')
