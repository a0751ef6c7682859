-- raises: malformed pattern (missing arguments to '%b')
string.match('a', '%b(')
