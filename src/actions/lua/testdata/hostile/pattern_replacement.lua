-- raises: invalid use of '%' in replacement string
string.gsub('a', 'a', '%')
