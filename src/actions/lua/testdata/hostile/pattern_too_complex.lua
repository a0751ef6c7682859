-- raises: pattern too complex
string.match(string.rep('a', 1000), string.rep('a?', 1000))
