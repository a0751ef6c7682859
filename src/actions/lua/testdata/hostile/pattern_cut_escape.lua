-- raises: malformed pattern (ends with '%')
string.match('a', '%')
