-- raises: invalid format (width or precision too long)
string.format('%.99999f', 1)
