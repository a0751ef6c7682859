-- raises: unknown time zone
require('time').format_iso(0, '../../../../etc/passwd')
