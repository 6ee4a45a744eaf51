package match_test

import "time"

var begin = time.Now() //nolint:forbidigo // a benchmark measures

func clock() time.Duration { return time.Since(begin) } //nolint:forbidigo // a benchmark measures
